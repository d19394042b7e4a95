"""Updates that stop with a message and change nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from copier.errors import UserMessageError

from tests.lifecycle.history import NEXT, NOW, commit, git, poe_update, start, update
from tests.rendering import Project
from tests.source import ANSWERS_FILE

MARKED = "<<<<<<< before updating\nmine\n=======\nyours\n>>>>>>> after updating\n"
Break = Callable[[Path], object]


def leave_uncommitted(path: Path) -> None:
    (path / "app/main.py").write_text("# mine\n")


def make_relative(path: Path) -> None:
    answers = path / ANSWERS_FILE
    source = next(line for line in answers.read_text().splitlines() if "_src_path" in line)
    answers.write_text(answers.read_text().replace(source, "_src_path: ../template"))
    commit(path)


def commit_markers(path: Path) -> None:
    (path / "notes.md").write_text(MARKED)
    commit(path)


def commit_rejects(path: Path) -> None:
    (path / "notes.md.rej").write_text("mine\n")
    commit(path)


def forget(path: Path) -> None:
    (path / ANSWERS_FILE).unlink()
    commit(path)


def leave_git(path: Path) -> None:
    (path / ".git").rename(path.parent / "elsewhere")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (leave_uncommitted, "Commit or stash your changes first: an update needs a clean"),
        (make_relative, "'../template' is not an absolute address: write the URL of"),
        (commit_markers, "Resolve the conflicts of the last update first:\nnotes.md\n"),
        (commit_rejects, "Resolve the conflicts of the last update first:\nnotes.md.rej\n"),
        (forget, f"{ANSWERS_FILE} is missing: it contains the address of the template."),
        (leave_git, "The update needs a Git repository: commit the service first."),
    ],
)
def test_the_message_names_the_action_that_is_needed_first(
    history: Path, tmp_path: Path, break_it: Break, message: str
) -> None:
    project = start(history, tmp_path / "project", {})
    break_it(project.path)
    before = Project(project.path).files
    result = poe_update(project)
    assert result.returncode == 1
    assert result.stderr.startswith(message)
    assert Project(project.path).files == before


@pytest.mark.proof
@pytest.mark.parametrize(
    ("base", "arguments", "message"),
    [
        (NEXT, ["--vcs-ref", NOW], "You are downgrading from 901.0.0 to 900.0.0."),
        (NOW, ["--vcs-ref", "v9"], "Unknown revision: 'v9'"),
        (NOW, ["--data", "license=WTFPL"], "Invalid choice for 'license': 'WTFPL' is not in"),
        (NOW, ["--data", "licence=MIT"], "licence is not a question of the template: "),
    ],
)
def test_an_invalid_argument_changes_nothing(
    history: Path, tmp_path: Path, base: str, arguments: list[str], message: str
) -> None:
    project = start(history, tmp_path / "project", {}, base)
    result = poe_update(project, *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.endswith("Nothing was changed.\n")
    assert Project(project.path).files == project.files


def test_copier_refuses_a_dirty_tree(history: Path, tmp_path: Path) -> None:
    project = start(history, tmp_path / "project", {})
    leave_uncommitted(project.path)
    with pytest.raises(UserMessageError, match="Please commit or stash your local changes"):
        update(project)


def test_copier_refuses_a_downgrade(history: Path, tmp_path: Path) -> None:
    project = start(history, tmp_path / "project", {}, NEXT)
    with pytest.raises(UserMessageError, match="Downgrades are not supported"):
        update(project, vcs_ref=NOW)


def test_copier_refuses_a_relative_source(history: Path, tmp_path: Path) -> None:
    project = start(history, tmp_path / "project", {})
    make_relative(project.path)
    with pytest.raises(ValueError, match="Local template must be a directory"):
        update(project)
    assert git(project.path, "status", "--porcelain") == ""


def test_copier_drops_an_unknown_answer(history: Path, tmp_path: Path) -> None:
    project = start(history, tmp_path / "project", {})
    assert update(project, data={"licence": "MIT"}).answers == project.answers
