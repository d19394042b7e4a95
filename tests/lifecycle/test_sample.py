"""A service without its sample: what is left tells of no sample, and no update brings it back."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.history import NEXT, improve, poe_update, release, settle, start, update
from tests.lifecycle.lived_in import replace
from tests.rendering import Project, render
from tests.source import choices

REVISION = "migrations/versions/2026-01-01_create_product.py"
REMOVE = f"""
from scripts.sample.files import PROJECT, SAMPLE, discard, edit_texts
discard(PROJECT, [*SAMPLE, {REVISION!r}])
edit_texts(PROJECT)
"""
TASKS = "[tool.poe.tasks."
Update = Callable[[Project], object]


def remove_sample(project: Project) -> Project:
    """Remove the sample and its revision, as the command does."""
    command = [sys.executable, "-B", "-c", REMOVE]
    subprocess.run(command, cwd=project.path, check=True)
    return Project(project.path)


def improve_beside(path: Path) -> None:
    """Change every file, and in pyproject.toml the tasks beside that of the sample."""
    improve(path)
    for task, changed in (
        ("remove-sample]\nhelp =", 'new]\nhelp = "New"\ncmd = "true"\n\n{}remove-sample]\nhelp ='),
        ("test]\nhelp = ", "test]\ncwd = '.'\nhelp = "),
    ):
        replace(
            path / "template", "pyproject.toml.jinja", TASKS + task, TASKS + changed.format(TASKS)
        )


@pytest.mark.parametrize("bring", [update, poe_update], ids=["copier", "poe"])
def test_no_update_brings_the_sample_back(evolving: Path, tmp_path: Path, bring: Update) -> None:
    project = start(evolving, tmp_path / "project", {})
    before = remove_sample(project)
    settle(project.path)
    release(evolving, NEXT, improve_beside)
    bring(project)
    after = Project(project.path)
    assert after.files.keys() == before.files.keys() | {"app/core/improvement.py"}
    assert not any(re.search("^(<{7}|>{7}) ", text, re.MULTILINE) for text in after.texts.values())
    assert after.files["README.md"] == before.files["README.md"]
    tasks = re.findall(r"^\[tool\.poe\.tasks\.([\w-]+)\]", after.texts["pyproject.toml"], re.M)
    assert {"new", "remove-sample", "test"} <= {*tasks}
    assert "seed" not in tasks
    assert "cwd = '.'" in after.texts["pyproject.toml"]


@pytest.mark.parametrize("database", choices("database"))
def test_nothing_left_names_the_sample(template: Path, tmp_path: Path, database: str) -> None:
    project = render(template, tmp_path / "project", {"database": database})
    subprocess.run(["git", "init", "--quiet"], cwd=project.path, check=True)
    readme = remove_sample(project).texts["README.md"]
    assert re.findall(r"(?i)\b(?:products?|seed|samples?)\b", readme) == []
    names = {heading.lower().replace(" ", "-") for heading in re.findall("^#+ (.+)$", readme, re.M)}
    headings = {re.sub(r"[^\w-]", "", name) for name in names}
    assert {*re.findall(r"\]\(#([^)]+)\)", readme)} <= headings
    for name, text in Project(project.path).texts.items():
        if name.startswith(("app/", "scripts/", "tests/", "migrations/")):
            assert not re.search(r"^(from|import) app\.product\b", text, re.MULTILINE), name
