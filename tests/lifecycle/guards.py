"""Checks that a release is compatible with projects of earlier releases."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree

import yaml

from tests.lifecycle.history import git, is_below, start, update
from tests.rendering import Project, render
from tests.source import ON_UPDATE, paths_of


def lost_paths(history: Path, base: str, path: Path, answers: Mapping[str, str]) -> set[str]:
    """Return the files of a release that the newest one neither renders nor leaves in place."""
    before = render(history, path / "before", answers, vcs_ref=base).files
    after = render(history, path / "after", answers).files
    config = yaml.safe_load((history / "copier.yml").read_text("utf-8"))
    left = [p for entry in config["_exclude"] if ON_UPDATE in entry for p in paths_of(entry)]
    lost = before.keys() - after.keys()
    return {name for name in lost if not any(is_below(name, path) for path in left)}


def lost_answers(history: Path, base: str, path: Path, answers: Mapping[str, str]) -> set[str]:
    """Return the answers that an unattended update to the newest release changes."""
    project = start(history, path / "project", answers, base)
    after = update(project).answers
    return {name for name, value in project.answers.items() if after.get(name) != value}


def ignored_paths(project: Project, path: Path) -> list[str]:
    """Return the files of a project that its own `.gitignore` ignores."""
    copytree(project.path, path, dirs_exist_ok=True)
    git(path, "init", "--quiet")
    result = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=path,
        input="\n".join(project.files),
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.splitlines()


def unstable_paths(template: Path, path: Path, answers: Mapping[str, str]) -> set[str]:
    """Return the files that differ between two renders."""
    first = render(template, path / "first", answers).files
    second = render(template, path / "second", answers).files
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}
