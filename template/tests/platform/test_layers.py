"""Layers of the app: a module imports only from its own layer and from lower layers."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from graphlib import CycleError, TopologicalSorter
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
    yield from (name for name, _ in all_imports(path))


def all_imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a module imports, and whether only type checkers do."""
    tree = ast.parse(path.read_text("utf-8"))
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    typed = {
        node
        for check in checks
        if ast.unparse(check.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for statement in check.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in typed) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node in typed) for alias in node.names)


def imported_features(path: Path) -> set[str]:
    """Return the features of a module's imports.

    The models of another feature do not count if only type checkers import them: a relationship to
    a model that refers to this one names it as a string.
    """
    found = all_imports(path)
    return {feature(name) for name, is_typed in found if not (is_typed and is_model(name))}


def is_model(module: str) -> bool:
    return module.split(".")[2:3] == ["models"]


def require_no_circle(modules: Iterable[Path]) -> None:
    imported: dict[str, set[str]] = defaultdict(set)
    for path in modules:
        own = feature(name_of(path))
        imported[own] |= imported_features(path) - {own, ""}
    TopologicalSorter(imported).prepare()  # CycleError names the features


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
            assert not re.fullmatch(r"routes(_v\d+)?", "".join(module.split(".")[2:3])), (
                f"{path} imports {module}"
            )


def test_features_do_not_import_each_other_in_a_circle() -> None:
    require_no_circle(MODULES)


TYPED = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


@pytest.mark.parametrize(
    ("code", "is_circle"),
    [
        (f"{TYPED}from app.order.models import Order", False),
        (f"{TYPED}import app.order.models", False),
        ("from app.order.models import Order", True),
        ("def late() -> None:\n    from app.order.models import Order", True),
        (f"{TYPED}pass\nelse:\n    from app.order.models import Order", True),
        (f"{TYPED}from app.order.crud import order_crud", True),
        (f"{TYPED}from app.order import models", False),
    ],
)
def test_only_type_checkers_may_import_the_models_of_a_feature_that_imports_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, is_circle: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in (("product", code), ("order", "from app.product.models import Product")):
        folder = APP / name
        folder.mkdir(parents=True)
        (folder / "models.py").write_text(content)
    expected = pytest.raises(CycleError) if is_circle else nullcontext()
    with expected:
        require_no_circle(APP.rglob("*.py"))


@pytest.mark.parametrize("path", sorted((APP / "core/engine").glob("*.py")), ids=str)
def test_the_engine_layer_does_not_import_http(path: Path) -> None:
    assert not {"fastapi", "starlette"} & {module.split(".")[0] for module in imports(path)}
