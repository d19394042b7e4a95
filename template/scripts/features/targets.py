"""The features that references of `poe feature` point to, as their files describe them."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tests.platform.models.conventions import SNAKE_CASE, is_singular

CRUD = "app.core.crud"  # its criteria are empty
KEYS = {"IntegerPrimaryKey": "int", "UUIDPrimaryKey": "UUID"}


@dataclass(frozen=True)
class Target:
    """A feature that a new one refers to.

    Args:
        name: its name.
        model: the name of its model.
        key: the type of its key.
        path: the path of its routes, if one of them deletes a row; else None.
        is_shared: whether the new feature refers to it more than once.
        has_relationships: whether its own read schema has relationships.
        has_criteria: whether its CRUD class hides some of its rows.
    """

    name: str
    model: str
    key: str
    path: str | None = None
    is_shared: bool = False
    has_relationships: bool = False
    has_criteria: bool = False


def find_target(name: str, project: Path) -> Target:
    """Return the feature with this name.

    Raises:
        ValueError: when there is none, or a reference to it cannot be generated.
    """
    models, tests = project / "app" / name / "models.py", f"tests/{name}/test_routes.py"
    found = list(_models(models, name)) if models.exists() else []
    if not found and not (re.fullmatch(SNAKE_CASE, name) and is_singular(name)):
        raise ValueError(
            f"{name!r} is no feature: its name is a singular noun in snake_case, "
            "such as ref(customer)."
        )
    if not found:
        raise ValueError(
            f"there is no table {name} in app/{name}/models.py: create the feature first "
            f"(uv run poe feature {name}), or name another one, such as ref(customer)."
        )
    (model,) = found
    keys = [KEYS[base] for base in map(ast.unparse, model.bases) if base in KEYS]
    if not keys:
        raise ValueError(f"{model.name} has none of these keys: {', '.join(KEYS)}.")
    if not has_function(project / tests, "create"):
        raise ValueError(
            f"{tests} has no function create(client), which the tests of the new feature call to "
            f"create a {name}: add one that returns the response's JSON."
        )
    crud = project / "app" / name / "crud.py"
    return Target(
        name,
        model.name,
        keys[0],
        _path(crud.with_name("routes.py")),
        has_relationships=has_function(crud, "relationships"),
        has_criteria=_has_criteria(crud, project),
    )


def _models(file: Path, table: str) -> list[ast.ClassDef]:
    wanted = f"__tablename__ = {table!r}"
    return [
        node
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and wanted in map(ast.unparse, node.body)
    ]


def _path(file: Path) -> str | None:
    code = file.read_text("utf-8") if file.exists() else ""
    prefix = re.search(r'\bFeatureRouter\(\s*prefix="([^"{}]+)"', code)
    deletes = re.search(r'@router\.delete\(\s*"/{\w+}",[^@]*204', code)
    return f"/api/v1{prefix[1]}" if prefix and deletes else None


def _has_criteria(crud: Path, project: Path) -> bool:
    """Return whether a class has criteria, or a class of the service that it inherits has them."""
    if has_function(crud, "criteria"):
        return True
    nodes = ast.parse(crud.read_text("utf-8")).body if crud.exists() else []
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    bases = {ast.unparse(base).partition("[")[0] for node in classes for base in node.bases}
    modules = [
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and bases & {alias.name for alias in node.names}
    ]
    files = [project / f"{module}".replace(".", "/") for module in modules if module != CRUD]
    return any(has_function(file.with_suffix(".py"), "criteria") for file in files)


def names_in(file: Path) -> set[str]:
    """Return the classes and the variables of a module."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body if file.exists() else []:
        match node:
            case ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
    return found


def has_function(file: Path, name: str) -> bool:
    """Return whether a file has a function, or a class with a method, of this name."""
    if not file.exists():
        return False
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, kinds) and node.name == name for node in nodes)
