"""The code of a feature: the parts of `scripts/blueprint/` that its columns need.

The blueprint has one column of each type. A statement, or an element of a list, a dict or a
`Literal`, that names such a column is written once for each column of this type; all else is kept.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.features.columns import Column
from scripts.features.naming import class_name
from scripts.features.options import OPTIONS, has_option, is_left_out, with_name
from scripts.features.parts import adapt
from scripts.features.targets import Target
from scripts.features.words import PARENTS, WORDS, names_of, word_of

Edit = tuple[int, int, str]  # start, end, new code


@dataclass(frozen=True)
class Element:
    """A statement, or an element of a list, a dict or a `Literal`, by its place in the code."""

    node: ast.AST
    start: int
    end: int
    place: str


class Blueprint:
    """The code of one file of the blueprint, and the columns of a feature."""

    def __init__(self, code: str, columns: Mapping[Column, Target | None]) -> None:
        self.code, self.columns = code, columns
        self._starts = [0]
        for line in code.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def expand(self) -> str:
        """Return the code for the columns; its imports are those of the blueprint."""
        code = self.code
        for start, end, text in sorted(self._edits(ast.parse(code), "module"), reverse=True):
            code = code[:start] + text + code[end:]
        return code

    def _edits(self, node: ast.AST, place: str) -> Iterator[Edit]:
        """Yield the changes inside of a node."""
        for elements in self._groups(node, place):
            for run in self._runs(elements):
                yield self._edit(run, elements)
            for element in elements:
                if isinstance(element.node, ast.stmt) and not self._word(element):
                    if self._has_no_case(element):
                        yield element.start, element.end, ""
                    else:
                        yield from self._edits(element.node, _place(element.node) or place)

    def _runs(self, elements: Sequence[Element]) -> Iterator[list[Element]]:
        """Yield the elements that name columns, split at other elements and at blank lines."""
        run: list[Element] = []
        for element in elements:
            is_named = bool(self._word(element))
            if run and (not is_named or "\n\n" in self.code[run[-1].end : element.start]):
                yield run
                run = []
            if is_named:
                run.append(element)
        if run:
            yield run

    def _edit(self, run: Sequence[Element], elements: Sequence[Element]) -> Edit:
        texts, start, end = list(self._texts(run)), run[0].start, run[-1].end
        if isinstance(run[0].node, ast.stmt):
            indent = " " * (start - self.code.rindex("\n", 0, start) - 1)
            return start, end, f"\n{indent}".join(texts)
        if not texts:  # without the comma after it, or before it
            following = [element.start for element in elements if element.start > end]
            previous = [element.end for element in elements if element.end < start]
            return (start, following[0], "") if following else ((previous or [start])[-1], end, "")
        return start, end, ", ".join(texts)

    def _texts(self, run: Sequence[Element]) -> Iterator[str]:
        for column, target in self.columns.items():
            for element in run:
                word = self._word(element)
                code = self.code[element.start : element.end]
                if word in OPTIONS:
                    if has_option(column, word):
                        yield with_name(code, word, column)
                elif word == word_of(column, target) and not is_left_out(
                    column, target, element.place, code
                ):
                    yield adapt(code, element.place, column, target)

    def _has_no_case(self, element: Element) -> bool:
        """Return whether a test has cases, and none of them is for one of the columns."""
        named = [
            case
            for decorator in getattr(element.node, "decorator_list", [])
            for cases in self._displays(decorator, _place(element.node))
            for case in cases
            if self._word(case)
        ]
        return bool(named) and not list(self._texts(named))

    def _word(self, element: Element) -> str | None:
        """Return the column of the blueprint that an element names, outside of inner elements."""
        code = self.code[element.start : element.end]
        if isinstance(element.node, ast.stmt):
            inner = [part for group in self._groups(element.node, "") for part in group]
            for part in sorted(inner, key=lambda part: part.start, reverse=True):
                code = code[: part.start - element.start] + code[part.end - element.start :]
        return next((NAMES[name] for name in re.findall(r"\w+", code) if name in NAMES), None)

    def _groups(self, node: ast.AST, place: str) -> Iterator[list[Element]]:
        """Yield the statements of a node's body, and the elements of each display outside of it."""
        place = _place(node) or place
        body = getattr(node, "body", [])
        if body:
            yield [self._element(part, part, place) for part in body]
        if isinstance(node, ast.ImportFrom):
            yield from self._displays(node, place)
            return
        for part in ast.iter_child_nodes(node):
            if part not in body:
                yield from self._displays(part, place)

    def _displays(self, node: ast.AST, place: str) -> Iterator[list[Element]]:
        match node:
            case (
                ast.List(elts=[_, *_] as parts)
                | ast.Subscript(value=ast.Name("Literal"), slice=ast.Tuple(elts=parts))
            ):
                yield [self._element(part, part, place) for part in parts]
            case ast.ImportFrom(names=[_, _, *_] as parts):
                yield [self._element(part, part, place) for part in parts]
            case ast.Dict(keys=[_, *_] as keys, values=values):
                pairs = zip(keys, values, strict=True)
                yield [self._element(key, value, place) for key, value in pairs if key]
            case _:
                for part in ast.iter_child_nodes(node):
                    yield from self._displays(part, place)

    def _element(self, first: Any, last: Any, place: str) -> Element:
        decorators = getattr(first, "decorator_list", [])
        start = decorators[0] if decorators else first
        begin = self._starts[start.lineno - 1] + start.col_offset - bool(decorators)
        end = self._starts[last.end_lineno - 1] + last.end_col_offset
        return Element(first, begin, end, place)


def _place(node: ast.AST) -> str:
    """Return the name of a class, a function or an annotated name."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return str(getattr(node, "name", None) or "")


def _names() -> dict[str, str]:
    """Return the blueprint's columns by all names that the code has for them."""
    found = {word: word for word in OPTIONS}
    for kind, word in WORDS.items():
        found |= dict.fromkeys(names_of(Column(name=word, kind=kind), None), word)
    for key, word in PARENTS.items():
        target = Target(word, class_name(word), key)
        column = Column(name=f"{word}_id", kind="ref")
        found |= dict.fromkeys(names_of(column, target), word)
    return found


NAMES = _names()
