"""A file with a model to which a relationship is added; all else in it stays as it is."""

import ast
from collections.abc import Iterator, Sequence


class ModelFile:
    """The code of a file with a model, and the names that it uses.

    Args:
        code: the code, with its own line ends.
        model: the class that gets a relationship.
    """

    def __init__(self, code: str, model: str) -> None:
        self.code, self._model = code, model
        self.names = set(_names(self._body))
        self.attributes = set(_names(self._class.body))

    def add(self, relationship: str, module: str, name: str) -> None:
        """Add a relationship after the last annotated attribute, and its imports.

        Args:
            relationship: the statement.
            module: the module of the other model, which is imported for type checkers only.
            name: the class of the other model.
        """
        body = self._class.body
        last = ([node for node in body if isinstance(node, ast.AnnAssign)] or body)[-1]
        gap = [] if "relationship(" in ast.unparse(last) else [""]
        self._insert(last, [*gap, *relationship.split("\n")])
        typed = f"    from {module} import {name}"
        imports = {"relationship": "from sqlalchemy.orm import relationship"}
        blocks = [node for node in self._body if isinstance(node, ast.If) and _is_typed(node)]
        if not blocks:
            imports["TYPE_CHECKING"] = "from typing import TYPE_CHECKING"
            self._insert(self._last_import, ["", "if TYPE_CHECKING:", typed])
        elif name not in _names(blocks[0].body):
            self._insert(blocks[0].body[-1], [typed])
        known = set(_names(self._body))
        missing = [line for word, line in imports.items() if word not in known]
        self._insert(self._last_import, missing)

    @property
    def _body(self) -> list[ast.stmt]:
        return ast.parse(self.code).body

    @property
    def _class(self) -> ast.ClassDef:
        (found,) = (n for n in self._body if isinstance(n, ast.ClassDef) and n.name == self._model)
        return found

    @property
    def _last_import(self) -> ast.stmt:
        end, kinds = self._class.lineno, (ast.Import, ast.ImportFrom)
        return [n for n in self._body if isinstance(n, kinds) and n.lineno < end][-1]

    def _insert(self, node: ast.stmt, new: Sequence[str]) -> None:
        lines = self.code.split("\n")
        end = "\r" if lines[0].endswith("\r") else ""
        lines[node.end_lineno : node.end_lineno] = [line + end for line in new]
        self.code = "\n".join(lines)


def _is_typed(node: ast.If) -> bool:
    return ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _names(body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements define or import."""
    for node in body:
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (part.id for part in targets if isinstance(part, ast.Name))
            case ast.If(body=inner):
                yield from _names(inner)
