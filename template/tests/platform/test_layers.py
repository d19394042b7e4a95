"""Layers of the app: a module imports only from its own layer and from lower layers."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

APP = Path("app")
# From the lowest to the highest. Features are above them, and `app.main` is on top.
LAYERS = [
    ("app.models", "app.core.setting_sources"),
    ("app.core.config", "app.core.engine", "app.core.errors"),
    ("app.core",),
    ("app.core.http",),
    ("app.core.process",),
    ("app.core.doctor",),
]
FEATURES = len(LAYERS)
TOP = FEATURES + 1
MODULES = sorted(APP.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def layer(module: str) -> int:
    """Return the layer of the longest prefix of a module's name."""
    matches = [
        (len(name), number)
        for number, names in enumerate(LAYERS)
        for name in names
        if f"{module}.".startswith(f"{name}.")
    ]
    if matches:
        return max(matches)[1]
    return TOP if module in {"app.main", "app.__main__"} else FEATURES


def feature(module: str) -> str:
    """Return the feature of a module, such as app.product; nothing for other modules."""
    if not module.startswith("app.") or layer(module) != FEATURES:
        return ""
    return ".".join(module.split(".")[:2])


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_nothing_from_a_higher_layer(path: Path) -> None:
    own = layer(name_of(path))
    for module in imports(path):
        if module.startswith("app."):
            assert layer(module) <= own, f"{path} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_does_not_import_tests_or_the_routes_of_another_feature(path: Path) -> None:
    own = feature(name_of(path))
    for module in imports(path):
        assert module.split(".")[0] != "tests", f"{path} imports {module}; an image has no tests"
        if own and feature(module) != own:
            assert module.split(".")[2:3] != ["routes"], f"{path} imports {module}"


def test_features_do_not_import_each_other_in_a_circle() -> None:
    imported: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        own = feature(name_of(path))
        imported[own] |= {feature(name) for name in imports(path)} - {own, ""}
    TopologicalSorter(imported).prepare()  # CycleError names the features


@pytest.mark.parametrize("path", sorted((APP / "core/engine").glob("*.py")), ids=str)
def test_the_engine_layer_does_not_import_http(path: Path) -> None:
    assert not {"fastapi", "starlette"} & {module.split(".")[0] for module in imports(path)}
