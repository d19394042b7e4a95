"""The OpenAPI document: names of operations, tags, contact, and the component of all errors."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import Route

from app.core.http.problems import Problem
from app.core.http.routing import FeatureRouter

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
LATER_VERSION = re.compile(r"/api/(v(?:[2-9]|[1-9]\d+))/")


def operation_id(route: APIRoute) -> str:
    """Return the name of a route's function, which generated clients use for their methods.

    From version 2 on it ends in the version, such as `get_product_v2`.
    """
    version = LATER_VERSION.match(route.path)
    ending = f"_{version[1]}" if version else ""
    return route.name.removesuffix(ending) + ending


def project_metadata() -> dict[str, Any]:
    """Return the table `project` of `pyproject.toml`."""
    project: dict[str, Any] = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    return project


def tags(routers: Sequence[APIRouter]) -> list[dict[str, Any]]:
    """Return the tags of the features with their descriptions.

    A tag of several routers, such as two versions, has the description of the first one.
    """
    descriptions: dict[str, str] = {}
    for router in routers:
        if isinstance(router, FeatureRouter):
            descriptions.setdefault(router.tag, router.description)
    return [{"name": tag, "description": text} for tag, text in descriptions.items()]


def extend_openapi(app: FastAPI, *, authors: Sequence[dict[str, str]]) -> None:
    """Add the first author as contact, and the schema `Problem`, to the document of `app`.

    The document is built on the first request for it, in a thread. With a hundred features this
    takes more than a second, in which the event loop answers other requests.
    """
    generate = app.openapi
    lock = Lock()
    extended: dict[str, Any] | None = None

    def openapi() -> dict[str, Any]:
        nonlocal extended
        with lock:
            document = generate()
            # FastAPI returns the same object until a route is added.
            if document is not extended:
                _extend(document, authors)
                extended = document
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    for index, route in enumerate(app.router.routes):
        if isinstance(route, Route) and route.path == app.openapi_url:
            app.router.routes[index] = _built_in_thread(app, route)


def _extend(document: dict[str, Any], authors: Sequence[dict[str, str]]) -> None:
    if authors:
        document["info"]["contact"] = authors[0]
    _, parts = models_json_schema(
        [(Problem, "serialization")], ref_template="#/components/schemas/{model}"
    )
    document.setdefault("components", {}).setdefault("schemas", {}).update(parts["$defs"])


def _built_in_thread(app: FastAPI, route: Route) -> Route:
    """Return `route`, the document of `app`, with the document built in a thread before."""

    async def document(request: Request) -> Response:
        await run_in_threadpool(app.openapi)
        response: Response = await route.endpoint(request)
        return response

    return Route(route.path, document, name=route.name, include_in_schema=False)
