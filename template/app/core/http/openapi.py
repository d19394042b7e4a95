"""The OpenAPI document: names of operations, tags, contact, and the component of all errors."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from app.core.http.problems import Problem
from app.core.http.routing import FeatureRouter

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def operation_id(route: APIRoute) -> str:
    """Return the name of a route's function, which generated clients use for their methods."""
    return route.name


def project_metadata() -> dict[str, Any]:
    """Return the table `project` of `pyproject.toml`."""
    project: dict[str, Any] = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    return project


def tags(routers: Sequence[APIRouter]) -> list[dict[str, Any]]:
    """Return the tags of the features with their descriptions."""
    return [
        {"name": router.tag, "description": router.description}
        for router in routers
        if isinstance(router, FeatureRouter)
    ]


def extend_openapi(app: FastAPI, *, authors: Sequence[dict[str, str]]) -> None:
    """Add the first author as contact, and the schema `Problem`, to the document of `app`."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        if authors:
            document["info"]["contact"] = authors[0]
        _, parts = models_json_schema(
            [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(parts["$defs"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]
