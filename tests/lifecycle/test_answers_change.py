"""Changes of answers by an update."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lifecycle.history import seeded, settle, start, update, without_seeded
from tests.rendering import render
from tests.source import ASKED, choices

CHOSEN = [name for name in ASKED if "choices" in ASKED[name]]
TYPED = {
    "project_name": "Corner Shop",
    "project_slug": "corner-shop",
    "description": "Sells: 'things'.",
    "author_name": 'The "shop\'s" team',
    "author_email": "shop@example.org",
}


def rounds(questions: list[str]) -> Iterator[dict[str, str]]:
    """Yield answers with every choice in turn, and with the defaults at the end."""
    for step in range(1, max(len(choices(name)) for name in questions)):
        yield {name: choice(name, step) for name in questions}
    yield {name: choice(name, 0) for name in questions}


def choice(question: str, step: int) -> str:
    values = choices(question)
    first = values.index(ASKED[question]["default"])
    return values[(first + step) % len(values)]


@pytest.mark.proof
@pytest.mark.parametrize("questions", [["database"], sorted({*CHOSEN} - {"database"})])
def test_an_update_with_changed_answers_equals_a_fresh_copy(
    history: Path, tmp_path: Path, questions: list[str]
) -> None:
    project = start(history, tmp_path / "project", {})
    used = {(name, choice(name, 0)) for name in questions}
    for number, answers in enumerate(rounds(questions)):
        updated = update(project, data=answers)
        fresh = render(history, tmp_path / f"fresh-{number}", updated.answers)
        assert updated.answers.items() >= answers.items()
        assert without_seeded(updated.files) == without_seeded(fresh.files)
        assert seeded(updated.files) == seeded(project.files)
        used |= answers.items()
        project = settle(project.path)
    assert used == {(name, value) for name in questions for value in choices(name)}


def test_typed_answers_can_be_changed(history: Path, tmp_path: Path) -> None:
    assert TYPED.keys() == ASKED.keys() - set(CHOSEN)
    project = start(history, tmp_path / "project", {})
    updated = update(project, data=TYPED)
    assert updated.answers == project.answers | TYPED
    fresh = render(history, tmp_path / "fresh", updated.answers)
    assert without_seeded(updated.files) == without_seeded(fresh.files)
