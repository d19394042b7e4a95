"""Discovery of the parts of features: models, routers and readiness checks."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType

from fastapi import APIRouter, Request

import app
from app.models.discovery import feature_modules

# Returns the reason why a feature cannot serve requests, for the log; None if it can.
ReadinessCheck = Callable[[Request], Awaitable[str | None]]

VERSIONED = re.compile(r"routes_v([0-9]+)")


def import_models() -> None:
    """Import the models of every feature, so that `Base.metadata` knows their tables."""
    for _ in feature_modules("models"):
        pass


def feature_routers() -> list[APIRouter]:
    """Return the `router` of every `routes.py`, sorted by the name of the folder."""
    return [_router(module) for module in feature_modules("routes")]


def later_routers() -> dict[int, list[APIRouter]]:
    """Return the `router` of every `routes_v2.py`, `routes_v3.py` and so on, by the version.

    Raises:
        ImportError: when the number of a file is 0, 1, or begins with 0.
    """
    files = [file for path in app.__path__ for file in Path(path).glob("*/routes_v*")]
    versions = {match[1] for file in files if (match := VERSIONED.fullmatch(file.stem))}
    for version in versions:
        if version == "1" or version.startswith("0"):
            raise ImportError(
                f"routes_v{version}.py: rename it; version 1 is routes.py, version 2 routes_v2.py"
            )
    return {
        version: [_router(module) for module in feature_modules(f"routes_v{version}")]
        for version in sorted(map(int, versions))
    }


def _router(module: ModuleType) -> APIRouter:
    router = module.router
    if not isinstance(router, APIRouter):
        raise TypeError(f"{module.__name__}: router is no APIRouter: use FeatureRouter")
    return router


def readiness_checks() -> dict[str, ReadinessCheck]:
    """Return the function `check` of every `readiness.py`, by the name of the feature."""
    return {feature_of(module): module.check for module in feature_modules("readiness")}


def feature_of(module: ModuleType) -> str:
    """Return the name of the feature of a module."""
    return module.__name__.split(".")[1]
