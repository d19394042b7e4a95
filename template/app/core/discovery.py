"""Discovery of features: folders in `app` with a `models.py` or a `routes.py`."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
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
    for feature in iter_modules(app.__path__, prefix="app."):
        if feature.ispkg and find_spec(f"{feature.name}.{name}"):
            yield import_module(f"{feature.name}.{name}")
