import re
from pathlib import Path

import pytest

from tests.source import (
    ASKED,
    CONFIG,
    QUESTIONS,
    ROOT,
    choices,
    is_asked,
    names_in,
    read,
    templated_files,
    working_tree,
)

COPIERS_OWN = {"_copier_answers", "_copier_conf"}


def test_one_sitting_is_enough_to_answer() -> None:
    assert len(ASKED) <= 12


@pytest.mark.parametrize("name", ASKED)
def test_every_question_says_what_it_asks_and_has_a_default(name: str) -> None:
    question = ASKED[name]
    assert re.fullmatch(r"[A-Z][^?.]*( \(.*\))?", question["help"]), "a noun phrase"
    assert question["type"] == "str", "other types take any word for one of theirs"
    assert question["default"]


@pytest.mark.parametrize("name", ASKED)
def test_a_terminal_of_80_columns_shows_every_question_whole(name: str) -> None:
    question = ASKED[name]
    offered = question.get("choices", [])
    for text in [question["help"], *map(str, offered)]:
        assert len(text) <= 80 - len(" » ")


def test_a_terminal_of_80_columns_shows_every_line_of_a_message_whole() -> None:
    for message in (name for name in CONFIG if name.startswith("_message")):
        for line in CONFIG[message].splitlines():
            assert "{" in line or len(line) <= 80 - len(" ")


@pytest.mark.parametrize("name", ASKED)
def test_every_answer_is_checked(name: str) -> None:
    question = ASKED[name]
    if "choices" in question:
        assert question["default"] in choices(name)
        assert len(set(choices(name))) == len(choices(name))
    else:
        assert question["validator"]


def test_what_follows_from_the_answers_is_neither_asked_nor_stored() -> None:
    hidden = [question for name, question in QUESTIONS.items() if name not in ASKED]
    assert all(question["when"] is False for question in hidden)


def test_a_question_that_means_nothing_is_not_asked() -> None:
    assert not is_asked("pool_preset", {"database": "sqlite"})
    assert all(is_asked("pool_preset", {"database": name}) for name in ("postgresql", "mysql"))


def test_nobody_ever_has_to_trust_the_template() -> None:
    assert not CONFIG.keys() & {"_tasks", "_jinja_extensions", "_external_data"}
    assert all("version" in migration for migration in CONFIG.get("_migrations", []))


def test_a_question_knows_only_the_ones_before_it() -> None:
    known: set[str] = set()
    for name, question in QUESTIONS.items():
        assert names_in(str(question["default"])) <= known, name
        known.add(name)
        assert names_in(question.get("validator", "")) <= known, name


@pytest.mark.parametrize("name", templated_files(), ids=str)
def test_a_file_takes_only_answers(name: Path) -> None:
    assert names_in(read(name)) | names_in(str(name)) <= QUESTIONS.keys() | COPIERS_OWN


@pytest.mark.parametrize("setting", [name for name in CONFIG if name.startswith("_message")])
def test_a_message_takes_only_answers(setting: str) -> None:
    assert names_in(CONFIG[setting]) <= QUESTIONS.keys() | COPIERS_OWN


def test_the_macros_take_only_what_they_are_given() -> None:
    includes = [name for name in working_tree() if name.parts[0] == "includes"]
    for name in includes:
        text = (ROOT / name).read_text("utf-8")
        assert names_in(text) <= QUESTIONS.keys(), name


def test_every_answer_makes_a_difference() -> None:
    used = set[str]().union(*(names_in(read(name)) for name in templated_files()))
    used |= set[str]().union(*(names_in(entry) for entry in CONFIG["_exclude"]))
    for name, question in reversed(QUESTIONS.items()):
        assert name in used, name
        used |= names_in(str(question["default"]))
