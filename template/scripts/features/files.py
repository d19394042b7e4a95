"""The files of a new feature: their code, from the columns and `scripts/blueprint/`."""

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.features.checks import check_column
from scripts.features.code import Blueprint
from scripts.features.columns import Column, check_together, check_word, parse_column
from scripts.features.naming import class_name, is_keyword, plural, rename
from scripts.features.nested import check_nested, nested_targets, with_nested
from scripts.features.relations import changed_models
from scripts.features.targets import Target, find_target
from tests.platform.models.conventions import SNAKE_CASE, is_singular

PROJECT = Path(__file__).parents[2]
BLUEPRINT = PROJECT / "scripts/blueprint"
FILES = ("__init__.py", "crud.py", "models.py", "routes.py", "schemas.py", "test_routes.py")
NESTED_CRUD = "nested_crud.py"  # for one whose responses have the row of another one
REFERENCES = "test_references.py"  # for a feature that refers to another one
MAX_LENGTH = 30  # longer names make lines longer than the linter allows
EXAMPLE = "use a singular noun in snake_case, such as order_item"
DECIMALS = "exact_numeric"  # a module that not every project has
UUID_KEY = (
    ("IntegerPrimaryKey", "UUIDPrimaryKey"),
    (r"BlueprintRead, int\]", "BlueprintRead, UUID]"),
    (r"BlueprintRead, int,", "BlueprintRead, UUID,"),
    ("PathId", "UUIDPathId"),
    (r"\bId\b", "UUIDId"),
    (r"\n\n(?=from app)", "\n\nfrom uuid import UUID\n"),
)


def generate(name: str, words: Sequence[str], *, key: str, project: Path) -> dict[Path, str]:
    """Return the code of a feature by its files; it is not formatted yet.

    After them are the models that it refers to, with their relationships to it.

    Raises:
        ValueError: when the name or a column is not accepted.
    """
    check_name(name, project)
    app, tests = project / "app" / name, project / "tests" / name
    columns = read_columns(name, words, project)
    sources = {file: file for file in (*FILES, *([REFERENCES] if any(columns.values()) else []))}
    if nested_targets(columns):
        sources["crud.py"] = NESTED_CRUD
    parts = {
        file: Blueprint(_source(source, key), columns).expand() for file, source in sources.items()
    }
    if {name, class_name(name), plural(name).upper()} & _identifiers("\n".join(parts.values())):
        raise ValueError(
            f"{name} is reserved, since generated features use it: choose another name."
        )
    files = {}
    for file, code in parts.items():
        if "next(NUMBERS)" not in code:
            code = code.replace("NUMBERS = count(1)\n", "")
        folder = tests if file.startswith("test_") else app
        code = with_nested(file, _with_exact_numeric(code), columns)
        files[folder / file] = rename(code, name)
    return files | changed_models(name, columns, project)


def read_columns(name: str, words: Sequence[str], project: Path) -> Mapping[Column, Target | None]:
    """Return the columns of a feature, each with the feature that it refers to.

    Raises:
        ValueError: when a column is not accepted; the message shows the right form.
    """
    columns = [parse_column(word) for word in words]
    for column in columns:
        check_column(column)
        if column.name == name:
            raise ValueError(f"{name} is the feature itself: choose another name for the column.")
    check_together(columns)
    targets: dict[Column, Target | None] = {}
    for column in columns:
        if column.kind == "ref" and column.target == name:
            raise ValueError(f"a ref to {name} itself is not generated: write it by hand.")
        targets[column] = find_target(column.target, project) if column.kind == "ref" else None
    names = Counter(target.name for target in targets.values() if target)
    found = {
        column: replace(target, is_shared=names[target.name] > 1) if target else None
        for column, target in targets.items()
    }
    _check_classes(name, found)
    changed_models(name, found, project)
    check_nested(found, project)
    return found


def _source(file: str, key: str) -> str:
    """Return a file of the blueprint with the type of the primary key."""
    code = (BLUEPRINT / file).read_text("utf-8")
    if key == "uuid" and not file.startswith("test_"):
        for pattern, new in UUID_KEY:
            code = re.sub(pattern, new, code, count=1 if "from" in new else 0)
    return code


def _check_classes(name: str, columns: Mapping[Column, Target | None]) -> None:
    """Refuse a column whose type, or whose enum, would have the name of another class."""
    nodes = ast.parse((BLUEPRINT / "schemas.py").read_text("utf-8")).body
    owner = class_name(name)
    used = {
        alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)} | {"BlueprintCRUD"}
    used |= {owner, *(word.replace("Blueprint", owner) for word in classes)}
    models = {target.model for target in columns.values() if target}
    for column in columns:
        own = class_name(column.name)
        taken = {own: used}
        if column.kind == "enum":
            taken[f"{owner}{own}"] = used | models
        for word, others in taken.items():
            if word in others:
                raise ValueError(
                    f"{column.name} is reserved, since the schemas use {word}: choose another name."
                )
        used |= taken.keys()


def _with_exact_numeric(code: str) -> str:
    """Use the exact decimals of the project, if its database needs them."""
    if not (PROJECT / f"app/models/{DECIMALS}.py").exists() or " Numeric," not in code:
        return code
    kind = class_name(DECIMALS)
    code = code.replace("(Numeric(", f"({kind}(")
    imported = f"from app.models.{DECIMALS} import {kind}\n"
    return code.replace("from app.models.base", f"{imported}from app.models.base", 1)


def check_name(name: str, project: Path) -> None:
    """Check the name of a feature.

    Raises:
        ValueError: when it is not accepted; the message shows the right form.
    """
    if not re.fullmatch(SNAKE_CASE, name) or len(name) > MAX_LENGTH or is_keyword(name):
        raise ValueError(
            f"{name!r} is not a feature name: {EXAMPLE}, of at most {MAX_LENGTH} characters."
        )
    check_word(name)
    if not is_singular(name):
        raise ValueError(f"{name} is a plural: {EXAMPLE}.")
    for folder in (project / "app" / name, project / "tests" / name):
        # Not the byte code that Git leaves when it removes a feature, as by a switch of the branch.
        paths = (folder, folder.with_suffix(".py"), *folder.rglob("*"))
        if any(path.is_file() and path.parent.name != "__pycache__" for path in paths):
            raise ValueError(f"{name} already exists in app/ or tests/: choose another name.")


def _identifiers(code: str) -> set[str]:
    """Return the names that a code imports, defines or uses."""
    nodes = list(ast.walk(ast.parse(code)))
    return {
        str(getattr(node, attribute))
        for node in nodes
        for attribute in ("id", "arg", "name", "asname")
        if hasattr(node, attribute)
    }
