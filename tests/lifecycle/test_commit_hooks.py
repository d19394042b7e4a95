"""The Git hooks that refuse conflict markers and rejected hunks."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lifecycle.history import NEXT, release, settle, start, update
from tests.rendering import Project

EDITED = "app/main.py"


def hook(project: Project, name: str) -> dict[str, Any]:
    config = yaml.safe_load(project.texts[".pre-commit-config.yaml"])
    [found] = [hook for repo in config["repos"] for hook in repo["hooks"] if hook["id"] == name]
    return found


@pytest.fixture
def conflicting(evolving: Path, tmp_path: Path) -> Project:
    """A project with an edited line that the next release changes too."""
    project = start(evolving, tmp_path / "project", {})
    text = project.texts[EDITED]
    (project.path / EDITED).write_text('"""Ours."""\n' + text.split("\n", 1)[1])
    release(evolving, NEXT, lambda path: (path / "template" / EDITED).write_text('"""Theirs."""\n'))
    return settle(project.path)


def test_conflict_markers_are_refused(conflicting: Project) -> None:
    pattern = re.compile(hook(conflicting, "conflict-markers")["entry"], re.MULTILINE)
    assert not any(map(pattern.search, conflicting.texts.values()))
    after = update(conflicting)
    assert [name for name, text in after.texts.items() if pattern.search(text)] == [EDITED]
    assert not pattern.search("Heading\n=======\n"), (
        "Markdown underlines a heading of seven letters"
    )


def test_rejected_hunks_are_refused(conflicting: Project) -> None:
    pattern = re.compile(hook(conflicting, "rejected-hunks")["files"])
    assert not any(map(pattern.search, conflicting.files))
    after = update(conflicting, conflict="rej")
    assert [name for name in after.files if pattern.search(name)] == [f"{EDITED}.rej"]
    assert '+"""Ours."""' in after.texts[f"{EDITED}.rej"]
