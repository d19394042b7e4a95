"""Silent losses of edits in a plain `copier update` that `poe update` prevents."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.lifecycle.history import NEXT, commit, lines, poe_update, release, settle, start
from tests.rendering import Project
from tests.source import CONFIG

MINE = b"# mine\n"
MOVED = "app/core/http/health.py"
DOCKER = "Dockerfile"


def edit(project: Project, *names: str) -> Project:
    """Insert a line of the owner at the top of some files."""
    for name in names:
        file = project.path / name
        file.write_bytes(MINE + file.read_bytes())
    return settle(project.path)


def move_in_template(path: Path) -> None:
    file = path / "template" / MOVED
    file.rename(file.with_name("healthy.py"))


def test_no_answer_comes_from_outside_the_answers_file() -> None:
    # With `_external_data`, the render of the old release could have another answer.
    assert not CONFIG.keys() & {"_external_data", "_secret_questions"}


@pytest.mark.proof
def test_a_globally_ignored_file_keeps_its_edits(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Copier does not compare files that Git ignores, so it would overwrite an edit.
    project = edit(start(history, tmp_path / "project", {}), "compose.yaml")
    settings = tmp_path / "gitconfig"
    (tmp_path / "ignored").write_text("compose.yaml\n")
    settings.write_text(f"[core]\nexcludesFile = {tmp_path / 'ignored'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    result = poe_update(project)
    assert result.returncode == 0, result.stdout + result.stderr
    merged = (project.path / "compose.yaml").read_bytes()
    assert merged == project.files["compose.yaml"] + b"# improved\n"


@pytest.mark.parametrize("pattern", CONFIG["_skip_if_exists"])
def test_seeded_paths_do_not_depend_on_answers(pattern: str) -> None:
    # Copier renders such a pattern once, before it knows the answers.
    assert re.fullmatch(r"(/[\w.-]+)+", pattern)


@pytest.mark.proof
def test_an_invalid_answer_stops_the_update(evolving: Path, tmp_path: Path) -> None:
    # Copier would use the default instead.
    project = start(evolving, tmp_path / "project", {"license": "MIT"})
    config = evolving / "copier.yml"

    def remove_choice(_: Path) -> None:
        text = config.read_text("utf-8")
        config.write_text(re.sub(r"^    MIT - .*\n", "", text, flags=re.MULTILINE), "utf-8")

    release(evolving, NEXT, remove_choice)
    result = poe_update(project)
    assert result.returncode == 1
    assert result.stderr.endswith(
        "license needs a new answer: add --data license=VALUE. Nothing was changed.\n"
    )
    assert Project(project.path).files == project.files
    assert poe_update(project, "--data", "license=Apache-2.0").returncode == 0
    assert Project(project.path).answers == project.answers | {"license": "Apache-2.0"}


def test_an_edit_follows_a_file_that_the_template_moves(evolving: Path, tmp_path: Path) -> None:
    # Copier would delete the edited file and render a new one in the new place.
    project = edit(start(evolving, tmp_path / "project", {}), MOVED)
    release(evolving, NEXT, move_in_template)
    result = poe_update(project)
    assert result.returncode == 0, result.stdout + result.stderr
    updated = Project(project.path).files
    assert MOVED not in updated
    assert updated["app/core/http/healthy.py"] == project.files[MOVED]


@pytest.mark.proof
def test_an_edited_file_that_an_answer_removes_is_a_conflict(history: Path, tmp_path: Path) -> None:
    # Copier would delete the file.
    project = edit(start(history, tmp_path / "project", {"container": "docker"}), DOCKER)
    result = poe_update(project, "--data", "container=none")
    assert result.returncode == 1
    assert f"\n  {DOCKER}\n" in result.stdout
    updated = Project(project.path).files
    assert lines(project.files[DOCKER]) <= lines(updated[DOCKER])
    assert "compose.yaml" not in updated
    refused = subprocess.run(["git", "commit", "-m", "Update"], cwd=project.path, check=False)
    assert refused.returncode != 0


@pytest.mark.proof
def test_an_improvement_follows_a_file_that_the_owner_moved(history: Path, tmp_path: Path) -> None:
    # Copier would skip the file.
    project = start(history, tmp_path / "project", {})
    (project.path / "scripts/dev.py").rename(project.path / "scripts/develop.py")
    commit(project.path)
    result = poe_update(project)
    assert result.returncode == 0, result.stdout + result.stderr
    updated = Project(project.path).files
    assert updated["scripts/develop.py"] == project.files["scripts/dev.py"] + b"# improved\n"
    assert "scripts/dev.py" not in updated
