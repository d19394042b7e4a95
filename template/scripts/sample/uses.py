"""The code outside of the sample that uses it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from scripts.sample.files import SAMPLE

FOLDERS = ("app", "migrations", "scripts", "tests")
MODULE = re.compile(r"(app\.product|tests\.product|scripts\.seed)\b")
COLUMN = re.compile(r"(?:\w+\.)?product\.\w+$")  # with or without a schema
FOREIGN_KEYS = {"ForeignKey", "ForeignKeyConstraint"}


def uses(project: Path) -> list[str]:
    """Return a line for each file that uses the sample or is not Python.

    A use is an import of the sample, or a foreign key to its table.
    """
    files = [file for folder in FOLDERS for file in sorted((project / folder).rglob("*.py"))]
    own = [project / path for path in SAMPLE]
    others = [file for file in files if not any(file.is_relative_to(path) for path in own)]
    return [line for file in others for line in _problems(file, project)]


def _problems(file: Path, project: Path) -> Iterator[str]:
    name = file.relative_to(project)
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # ValueError: Python 3.11, for a null byte
        yield f"{name} cannot be read as Python: correct it first."
        return
    if any(_is_use(node, name.parent.parts) for node in ast.walk(tree)):
        yield f"{name} uses product: remove this use first, or keep the sample."


def _is_use(node: ast.AST, package: tuple[str, ...]) -> bool:
    match node:
        case ast.Import():
            return any(MODULE.match(alias.name) for alias in node.names)
        case ast.ImportFrom():
            above = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            return any(MODULE.match(f"{module}.{alias.name}") for alias in node.names)
        # A revision may create a table that a later one drops.
        case ast.Call() if "versions" not in package and _called(node) in FOREIGN_KEYS:
            texts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            return any(COLUMN.match(text) for text in texts if isinstance(text, str))
    return False


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]
