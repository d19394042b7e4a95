"""Updates of a project without edits: the result equals a fresh copy."""

from pathlib import Path

import pytest

from tests.layers import layered
from tests.lifecycle.history import (
    BASES,
    ENGINES,
    IMPROVEMENT,
    NEW_FILE,
    OF_EACH_ENGINE,
    git,
    poe_update,
    seeded,
    settle,
    start,
    update,
    without_seeded,
)
from tests.rendering import COVERING, Project, name_of, render
from tests.source import ANSWERS_FILE

ENGINES_IN_LAYERS = layered(ENGINES, everyday=ENGINES[:1], name=lambda row: row["database"])


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("answers", layered(COVERING, everyday=OF_EACH_ENGINE, name=name_of))
def test_an_update_equals_a_fresh_copy(
    history: Path, tmp_path: Path, base: str, supported: dict[str, str]
) -> None:
    project = start(history, tmp_path / "project", supported, base)
    updated = update(project)
    fresh = render(history, tmp_path / "fresh", updated.answers)
    assert without_seeded(updated.files) == without_seeded(fresh.files)
    assert seeded(updated.files) == seeded(project.files)
    for name, content in without_seeded(updated.files).items():
        assert name == ANSWERS_FILE or content.endswith(IMPROVEMENT), name
    assert NEW_FILE in updated.files


@pytest.mark.parametrize("answers", ENGINES_IN_LAYERS)
def test_a_second_update_changes_nothing(
    history: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    project = settle(update(start(history, tmp_path / "project", answers)).path)
    assert update(project).files == project.files
    assert git(project.path, "status", "--porcelain") == ""


@pytest.mark.proof
@pytest.mark.parametrize("answers", ENGINES_IN_LAYERS)
def test_the_update_script_equals_a_copier_update(
    history: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    project = start(history, tmp_path / "by-poe", answers)
    result = poe_update(project)
    assert result.returncode == 0, result.stdout + result.stderr
    by_copier = update(start(history, tmp_path / "by-copier", answers))
    assert Project(project.path).files == by_copier.files
    git(project.path, "commit", "--quiet", "--message", "Update")
    again = poe_update(project)
    assert "Nothing to update" in again.stdout
    assert git(project.path, "status", "--porcelain") == ""
