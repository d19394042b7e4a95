"""Discovery of features: folders in `app` with a `models.py` or a `routes.py`."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from fastapi import APIRouter

import app


def import_models() -> None:
    """Import the models of every feature, so that `Base.metadata` knows their tables."""
    for _ in _feature_modules("models"):
        pass


def feature_routers() -> list[APIRouter]:
    """Return the `router` of every `routes.py`, sorted by the name of the folder."""
    return [module.router for module in _feature_modules("routes")]


def _feature_modules(name: str) -> Iterator[ModuleType]:
    # Not pkgutil.iter_modules, which leaves out a folder without __init__.py.
    folders = {folder.name for path in app.__path__ for folder in Path(path).iterdir()}
    for feature in sorted(filter(str.isidentifier, folders)):
        if find_spec(f"app.{feature}.{name}"):
            yield import_module(f"app.{feature}.{name}")
