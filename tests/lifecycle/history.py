"""The template's releases, a next one that changes every file, and updates of projects."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from copier import run_update

from tests.rendering import COVERING, Project, copy_working_tree, render
from tests.source import CONFIG, ROOT, choices

# The release of the working tree, and the next one.
NOW = "v900.0.0"
NEXT = "v901.0.0"
IMPROVEMENT = b"# improved\n"
ENGINES = [{"database": database} for database in choices("database")]
# One of the rows for each engine.
OF_EACH_ENGINE = [
    next(row for row in COVERING if row.items() >= engine.items()) for engine in ENGINES
]
NEW_FILE = "app/core/improvement.py"


def git(path: Path, *arguments: str) -> str:
    """Run Git in a folder; return its output."""
    return subprocess.check_output(["git", *arguments], cwd=path, text=True)


def commit(path: Path, message: str = "Change") -> None:
    """Commit all files of a folder."""
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--allow-empty", "--message", message)


def released() -> list[str]:
    """Return the tags of all releases, the oldest first."""
    return git(ROOT, "tag", "--list", "v*", "--sort", "version:refname").split()


BASES = [*released(), NOW]


def release(path: Path, tag: str, change: Callable[[Path], object] | None = None) -> Path:
    """Commit and tag a new release of a template, after an optional change."""
    if change:
        change(path)
    commit(path, tag)
    git(path, "tag", tag)
    return path


def improve(path: Path) -> None:
    """Change every file that a template renders, and add one."""
    for file in sorted((path / "template").rglob("*")):
        if file.is_file() and "_copier_conf" not in file.name:
            file.write_bytes(file.read_bytes() + IMPROVEMENT)
    (path / "template" / NEW_FILE).write_bytes(IMPROVEMENT)


def copy_history(path: Path) -> Path:
    """Copy all releases, and release the working tree on top of them."""
    if released():
        git(ROOT, "clone", "--quiet", "--no-checkout", str(ROOT), str(path))
        git(path, "read-tree", "--empty")
    else:
        path.mkdir(parents=True)
        git(path, "init", "--quiet")
    return release(copy_working_tree(path), NOW)


def offered_by(history: Path, base: str) -> dict[str, Any]:
    """Return the questions of a release."""
    config = yaml.safe_load(git(history, "show", f"{base}:copier.yml"))
    return {name: value for name, value in config.items() if not name.startswith("_")}


def fitting(history: Path, base: str, answers: Mapping[str, str]) -> dict[str, str] | None:
    """Return the answers that a release asks for; None when it refuses one."""
    questions = offered_by(history, base)
    known = {name: value for name, value in answers.items() if name in questions}
    for name, value in known.items():
        choices = questions[name].get("choices", [value])
        if value not in (choices.values() if isinstance(choices, dict) else choices):
            return None
    return known


def start(history: Path, path: Path, answers: Mapping[str, str], base: str = NOW) -> Project:
    """Render a project from a release, and commit it."""
    project = render(history, path, answers, vcs_ref=base)
    git(project.path, "init", "--quiet")
    return settle(project.path)


def settle(path: Path) -> Project:
    """Commit a project, and read its files."""
    commit(path)
    project = Project(path)
    assert project.files
    return project


def update(project: Project, **options: Any) -> Project:
    """Update a project like `copier update --defaults`, without trust in the template."""
    run_update(project.path, defaults=True, overwrite=True, quiet=True, unsafe=False, **options)
    return Project(project.path)


def poe_update(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Update a project with its own script and the installed Copier."""
    code = (
        "import sys; from scripts import update; update.COPIER = [sys.executable, '-m', 'copier']"
    )
    return subprocess.run(
        [sys.executable, "-c", f"{code}; update.main()", *arguments],
        cwd=project.path,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def is_below(name: str, pattern: str) -> bool:
    """Return whether an anchored pattern names a file or a folder that contains it."""
    return f"/{name}" == pattern or f"/{name}".startswith(f"{pattern}/")


def is_seeded(name: str) -> bool:
    """Return whether a file belongs to its owner: an update never changes it."""
    return any(is_below(name, pattern) for pattern in CONFIG["_skip_if_exists"])


def without_seeded(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that an update changes."""
    return {name: content for name, content in files.items() if not is_seeded(name)}


def seeded(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that an update does not change."""
    return {name: content for name, content in files.items() if is_seeded(name)}


def lines(content: bytes) -> set[bytes]:
    """Return the lines that are not blank."""
    return {line for line in content.splitlines() if line.strip()}
