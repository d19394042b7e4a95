"""The OpenAPI document, from which clients are generated."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.core.http.openapi import PYPROJECT, extend_openapi, operation_id, tags
from app.core.http.problems import FieldError, Problem, problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page, PageQuery
from app.main import create_app
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
    assert tags([router]) == [{"name": "orders", "description": "Orders of customers."}]


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
