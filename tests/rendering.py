"""Renders of the template in this process, without trust."""

import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from itertools import combinations, cycle, product
from pathlib import Path
from typing import Any

import copier
import yaml
from jinja2 import Environment

from tests.source import ANSWERS_FILE, ROOT, choices, is_asked, working_tree

STRUCTURAL = ("database", "container", "ci", "license")
CYCLED = ("pool_preset", "python_version")


def _combinations() -> list[dict[str, str]]:
    turns = {question: cycle(choices(question)) for question in CYCLED}
    combinations = []
    for values in product(*map(choices, STRUCTURAL)):
        answers = dict(zip(STRUCTURAL, values, strict=True))
        combinations.append(
            answers | {name: next(turn) for name, turn in turns.items() if is_asked(name, answers)}
        )
    return combinations


def _covering(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return some of the rows that contain every pair of answers."""
    chosen: list[dict[str, str]] = []
    missing = set[tuple[tuple[str, str], ...]]().union(*map(_pairs, rows))
    while missing:
        best = max(rows, key=lambda row: len(missing & _pairs(row)))
        chosen.append(best)
        missing -= _pairs(best)
    return chosen


def _pairs(row: dict[str, str]) -> set[tuple[tuple[str, str], ...]]:
    return set(combinations(sorted(row.items()), 2))


# Every combination of the answers that select files and lines; the other choices rotate.
COMBINATIONS = _combinations()
# Some of them that contain every pair of answers.
COVERING = _covering(COMBINATIONS)


def name_of(answers: Mapping[str, str]) -> str:
    """Return a short name for a combination of answers."""
    return "-".join(answers[question] for question in STRUCTURAL)


def memoized(compile_: Callable[..., Any]) -> Callable[..., Any]:
    """Compile the same piece of Jinja once: Copier compiles each part of each path each time."""
    known: dict[Any, Any] = {}

    @wraps(compile_)
    def compile_once(self: Environment, source: Any, *rest: Any, **options: Any) -> Any:
        if not isinstance(source, str):
            return compile_(self, source, *rest, **options)
        syntax = (type(self), self.lexer, *self.extensions)
        key = (syntax, source, rest, *sorted(options.items()))
        if key not in known:
            known[key] = compile_(self, source, *rest, **options)
        return known[key]

    return compile_once


@dataclass(frozen=True)
class Project:
    """A rendered project."""

    path: Path

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The content of all files, by path."""
        found = {path.relative_to(self.path): path for path in sorted(self.path.rglob("*"))}
        return {
            name.as_posix(): path.read_bytes()
            for name, path in found.items()
            if path.is_file() and name.parts[0] != ".git"
        }

    @cached_property
    def texts(self) -> dict[str, str]:
        """The text of all files, by path."""
        return {name: content.decode("utf-8") for name, content in self.files.items()}

    @cached_property
    def answers(self) -> dict[str, str]:
        """The answers that the project stores."""
        answers: dict[str, str] = yaml.safe_load(self.texts[ANSWERS_FILE])
        return {name: value for name, value in answers.items() if not name.startswith("_")}


def copy_working_tree(destination: Path) -> Path:
    """Copy the files of the working tree that Git does not ignore."""
    for name in working_tree():
        target = destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return destination


def render(
    template: Path, destination: Path, answers: Mapping[str, str] | None = None, **options: Any
) -> Project:
    """Render a project; other questions get their defaults.

    Raises:
        ValueError: when an answer is refused.
    """
    with warnings.catch_warnings():
        # Copier does not close a folder after a refused answer.
        warnings.simplefilter("ignore", ResourceWarning)
        copier.run_copy(
            str(template),
            destination,
            data=dict(answers or {}),
            defaults=True,
            quiet=True,
            unsafe=False,
            **options,
        )
    return Project(destination)
