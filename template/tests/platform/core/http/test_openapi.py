"""The OpenAPI document, from which clients are generated."""

import asyncio
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.core.http.openapi import PYPROJECT, extend_openapi, operation_id, tags
from app.core.http.problems import FieldError, Problem, problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page, PageQuery
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.gizmo import GIZMOS, with_gizmos

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture
def document() -> dict[str, Any]:
    return create_app().openapi()


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def test_an_operation_has_the_name_of_its_function() -> None:
    names = {o["operationId"] for o in operations(with_gizmos(create_app()).openapi())}
    assert {"create_gizmo", "list_gizmos", "get_gizmo", "update_gizmo", "delete_gizmo"} <= names


def test_the_names_of_operations_are_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("/api/v1/orders", "get_order", "get_order"),
        ("/api/v2/orders", "get_order", "get_order_v2"),
        ("/api/v2/orders", "get_order_v2", "get_order_v2"),
        ("/api/v10/orders", "get_order", "get_order_v10"),
        ("/api/v2x/orders", "get_order", "get_order"),
        ("/orders/api/v2/", "get_order", "get_order"),
    ],
)
def test_the_name_of_a_later_operation_ends_in_its_version(
    path: str, name: str, expected: str
) -> None:
    app = FastAPI(generate_unique_id_function=operation_id)
    app.add_api_route(path, lambda: None, name=name)
    (operation,) = operations(app.openapi())
    assert operation["operationId"] == expected


def test_no_two_classes_of_schemas_have_the_same_name(document: dict[str, Any]) -> None:
    # FastAPI would put the module into both names, also into that of version 1.
    doubled = [name for name in document["components"]["schemas"] if name.startswith("app__")]
    assert not doubled, "rename one of the classes; in version 2 names end in V2"


def test_two_operations_of_one_name_are_refused() -> None:
    app = FastAPI(generate_unique_id_function=operation_id)
    for path in ("/a", "/b"):

        @app.get(path)
        async def get_order() -> None: ...

    with pytest.warns(UserWarning, match="Duplicate Operation ID get_order"):
        app.openapi()


@pytest.mark.parametrize("schema", [FieldError, Page[int], PageQuery, Problem])
def test_every_field_of_the_common_schemas_is_described(schema: type[BaseModel]) -> None:
    for name, field in schema.model_fields.items():
        assert field.description, name


def test_the_tag_of_a_router_is_declared_with_its_description() -> None:
    router = FeatureRouter(prefix="/orders", tag="orders", description="Orders of customers.")
    later = FeatureRouter(prefix="/orders", tag="orders", description="Orders, version 2.")
    found = tags([router, later, APIRouter(tags=["plain"])])
    assert found == [{"name": "orders", "description": "Orders of customers."}]


def test_version_and_description_are_those_of_the_project(document: dict[str, Any]) -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    assert Path("pyproject.toml").resolve() == PYPROJECT
    assert document["info"]["version"] == project["version"]
    assert document["info"].get("description", "") == project.get("description", "")
    assert document["info"].get("contact") in project.get("authors", [None])


def test_a_project_without_authors_has_no_contact() -> None:
    for authors, contact in (([], None), ([{"name": "Ada"}, {"name": "Eve"}], {"name": "Ada"})):
        app = FastAPI()
        extend_openapi(app, authors=authors)
        assert app.openapi()["info"].get("contact") == contact


async def test_the_document_is_built_once_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def recorded(**options: Any) -> dict[str, Any]:
        threads.append(threading.current_thread())
        return get_openapi(**options)

    monkeypatch.setattr("fastapi.applications.get_openapi", recorded)
    app = create_app()
    async with client_of(app) as client:
        responses = await asyncio.gather(*(client.get("/openapi.json") for _ in range(3)))
    assert [response.json() for response in responses] == [app.openapi()] * 3
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


def test_the_document_has_a_route_that_is_added_later() -> None:
    app = create_app()
    for path in ("/one", "/two"):
        app.add_api_route(path, lambda: None, name=path[1:])
        document = app.openapi()
        assert path in document["paths"]
        assert "Problem" in document["components"]["schemas"]


def test_every_error_is_declared_as_the_same_problem(document: dict[str, Any]) -> None:
    assert {"FieldError", "Problem"} <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for operation in operations(document):
        errors = {code: r for code, r in operation["responses"].items() if code >= "4"}
        assert {"422", "500", "503"} <= errors.keys()
        assert [response["content"] for response in errors.values()] == [PROBLEM] * len(errors)


def test_authentication_errors_can_be_declared_too() -> None:
    responses = problem_responses(401, 403)
    assert [response["content"] for response in responses.values()] == [PROBLEM, PROBLEM]
    assert responses[401]["description"] == "Unauthorized"


async def test_a_201_has_the_location_of_the_new_resource(gizmo_client: httpx.AsyncClient) -> None:
    response = await gizmo_client.post(GIZMOS, json={"name": "first", "price": "1"})
    assert response.headers["location"] == f"{GIZMOS}/{response.json()['id']}"
    read = await gizmo_client.get(response.headers["location"])
    assert read.json() == response.json()
