"""Both arms of every condition are rendered by some combination of answers."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Template, nodes

from tests.rendering import COMBINATIONS, name_of
from tests.source import (
    ANSWERS_FILE,
    CONFIG,
    QUESTIONS,
    choices,
    environment,
    read,
    rendered_path,
    templated_files,
)

Condition = tuple[str, int, int]

SOURCES = {str(name): read(name) for name in templated_files()}
SWITCHES = {entry: entry for entry in CONFIG["_exclude"] if "{%" in entry}


class Recorder:
    """Notes which truth values each condition has had."""

    def __init__(self) -> None:
        self.seen: dict[Condition, set[bool]] = defaultdict(set)

    def note(self, source: str, line: int, number: int, value: object) -> object:
        self.seen[source, line, number].add(bool(value))
        return value

    def instrument(self, source: str, text: str) -> Template:
        """Compile a template whose conditions are noted whenever they are decided."""
        tree = environment().parse(text)
        conditions: list[nodes.If | nodes.CondExpr] = [
            *tree.find_all(nodes.If),
            *tree.find_all(nodes.CondExpr),
        ]
        for number, condition in enumerate(conditions):
            place = (source, condition.lineno, number)
            self.seen[place] = set()
            arguments: list[nodes.Node] = [*map(nodes.Const, place), condition.test]
            condition.test = nodes.Call(nodes.Name("note", "load"), arguments, [], None, None)
        nodes.Node.set_environment(tree, environment())
        code = environment().compile(tree)
        return Template.from_code(environment(), code, {"note": self.note})


@cache
def contexts() -> tuple[dict[str, Any], ...]:
    return tuple(map(_context, COMBINATIONS))


def _context(answers: dict[str, str]) -> dict[str, Any]:
    """Return what a template is rendered with."""
    context: dict[str, Any] = {
        "_copier_answers": {"_commit": "v1.0.0"} | answers,
        "_copier_conf": {"answers_file": ANSWERS_FILE, "dst_path": "service"},
    }
    for name, question in QUESTIONS.items():
        default = environment().from_string(str(question["default"])).render(context)
        value = yaml.safe_load(default) if question["type"] == "yaml" else default
        context[name] = answers.get(name, value)
    return context


def missed(recorder: Recorder) -> Iterator[str]:
    for (source, line, _), values in recorder.seen.items():
        for value in {True, False} - values:
            yield f"{source}:{line} is never {str(value).lower()}"


def is_rendered(source: str, context: dict[str, Any]) -> bool:
    """Tell whether Copier renders a file with these answers."""
    excluded = " ".join(environment().from_string(entry).render(context) for entry in SWITCHES)
    path = f"/{rendered_path(Path(source))}"
    return not any(path == name or path.startswith(f"{name}/") for name in excluded.split())


@pytest.mark.parametrize("source", SOURCES)
def test_both_arms_of_every_condition_are_rendered(source: str) -> None:
    recorder = Recorder()
    compiled = recorder.instrument(source, SOURCES[source])
    for context in contexts():
        if is_rendered(source, context):
            compiled.render(context)
    assert not [*missed(recorder)]


@pytest.mark.parametrize("entry", SWITCHES)
def test_every_switch_is_turned_both_ways(entry: str) -> None:
    recorder = Recorder()
    compiled = recorder.instrument(entry, entry)
    for context in contexts():
        for operation in ("copy", "update"):
            compiled.render(context | {"_copier_operation": operation})
    assert not [*missed(recorder)]


@pytest.mark.parametrize("database", choices("database"))
def test_every_choice_meets_every_database(database: str) -> None:
    met = [answers for answers in COMBINATIONS if answers["database"] == database]
    for question in QUESTIONS.keys() & met[0].keys() - {"database"}:
        offered = QUESTIONS[question]["choices"]
        values = set(offered.values() if isinstance(offered, dict) else offered)
        assert {answers[question] for answers in met} == values
    assert len({name_of(answers) for answers in met}) == len(met)
