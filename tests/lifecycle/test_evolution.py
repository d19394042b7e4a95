"""Changes of the template, and their effect on existing projects."""

import re
from pathlib import Path

import pytest

from tests.lifecycle.history import (
    NEXT,
    poe_update,
    release,
    settle,
    start,
    update,
    without_seeded,
)
from tests.rendering import Project, render

MOVED = "app/core/http/health.py"
NEW_PLACE = "app/core/healthy.py"
MINE = b"# mine\n"
QUESTION = """\
greeting:
  type: str
  help: Greeting
  default: {default}
  choices: [hello, goodbye]

"""
BEFORE = "# ---- The stack"
LEAVE = "  - \"{% if _copier_operation | default('copy') == 'update' %}/" + MOVED + '{% endif %}"\n'


def replace(path: Path, name: str, old: str, new: str) -> None:
    """Replace a text that occurs once in a file."""
    file = path / name
    text = file.read_text("utf-8")
    assert text.count(old) == 1, (name, old)
    file.write_text(text.replace(old, new), "utf-8")


def ask(path: Path, default: str = "hello", name: str = "greeting") -> None:
    """Add a question, and use its answer."""
    question = QUESTION.format(default=default).replace("greeting", name, 1)
    replace(path, "copier.yml", BEFORE, question + BEFORE)
    (path / "template/greeting.txt.jinja").write_text("{{ " + name + " }}\n", "utf-8")


def move(path: Path) -> None:
    """Move a file of the template, but keep the old file in existing projects."""
    (path / "template" / MOVED).rename(path / "template" / NEW_PLACE)
    replace(path, "copier.yml", "  # seeded: ", LEAVE + "  # seeded: ")


def equals_fresh(updated: Project, history: Path, path: Path) -> bool:
    fresh = render(history, path, updated.answers).files
    return without_seeded(updated.files) == without_seeded(fresh)


def test_a_new_question_gets_its_default(evolving: Path, tmp_path: Path) -> None:
    project = start(evolving, tmp_path / "project", {})
    release(evolving, NEXT, ask)
    updated = update(project)
    assert updated.answers == project.answers | {"greeting": "hello"}
    assert updated.texts["greeting.txt"] == "hello\n"
    assert equals_fresh(updated, evolving, tmp_path / "fresh")


@pytest.mark.proof
def test_a_new_choice_changes_no_answer(evolving: Path, tmp_path: Path) -> None:
    ask(evolving)
    release(evolving, "v900.1.0")
    project = start(evolving, tmp_path / "project", {"greeting": "goodbye"}, "v900.1.0")

    def offer(path: Path) -> None:
        replace(path, "copier.yml", "[hello, goodbye]", "[hi, hello, goodbye]")

    release(evolving, NEXT, offer)
    assert update(project).answers == project.answers
    updated = update(settle(project.path), data={"greeting": "hi"})
    assert updated.texts["greeting.txt"] == "hi\n"
    assert equals_fresh(updated, evolving, tmp_path / "fresh")


@pytest.mark.proof
def test_a_renamed_question_keeps_its_answer(evolving: Path, tmp_path: Path) -> None:
    ask(evolving)
    release(evolving, "v900.1.0")
    project = start(evolving, tmp_path / "project", {"greeting": "goodbye"}, "v900.1.0")

    def rename(path: Path) -> None:
        replace(path, "copier.yml", QUESTION.format(default="hello"), "")
        ask(path, "\"{{ greeting | default('hello') }}\"", name="salute")

    release(evolving, NEXT, rename)
    updated = update(project)
    greeting = project.answers.pop("greeting")
    assert updated.answers == project.answers | {"salute": greeting}
    assert updated.texts["greeting.txt"] == "goodbye\n"
    assert equals_fresh(updated, evolving, tmp_path / "fresh")
    # The second update no longer has the old answer.
    again = update(settle(project.path))
    assert again.files == updated.files


@pytest.mark.proof
def test_an_edited_file_stays_in_its_old_place(evolving: Path, tmp_path: Path) -> None:
    # A Copier migration could move it, but it runs only with `--trust`.
    project = start(evolving, tmp_path / "project", {})
    (project.path / MOVED).write_bytes(MINE + project.files[MOVED])
    edited = settle(project.path).files
    release(evolving, NEXT, move)
    updated = update(project)
    assert updated.files[MOVED] == edited[MOVED]
    assert updated.files[NEW_PLACE] == edited[MOVED].removeprefix(MINE)
    fresh = render(evolving, tmp_path / "fresh").files
    assert MOVED not in fresh
    assert without_seeded(updated.files) == without_seeded(fresh) | {MOVED: edited[MOVED]}


@pytest.mark.proof
def test_edits_are_kept_when_the_owner_moves_the_file_too(evolving: Path, tmp_path: Path) -> None:
    project = start(evolving, tmp_path / "project", {})
    (project.path / MOVED).write_bytes(MINE + project.files[MOVED])
    (project.path / MOVED).rename(project.path / NEW_PLACE)
    edited = settle(project.path).files

    release(evolving, NEXT, move)
    result = poe_update(project)
    updated = Project(project.path).files
    merged = re.sub(rb"^(<{7}|={7}|>{7}).*\n", b"", updated[NEW_PLACE], flags=re.MULTILINE)
    assert result.returncode == (updated[NEW_PLACE] != edited[NEW_PLACE])
    assert MINE in merged
    assert MOVED not in updated
