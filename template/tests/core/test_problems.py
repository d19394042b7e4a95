from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm.exc import StaleDataError

from app.core.database import CurrentSession, CurrentSessionTransaction
from app.core.errors import DatabaseUnavailableError
from app.main import create_app
from tests.gizmo import GIZMOS, Gizmo, with_gizmos
from tests.serving import client_of

MEDIA_TYPE = "application/problem+json"


def extended_app() -> FastAPI:
    """The service with a few routes that go wrong."""
    router = APIRouter(prefix="/broken")

    @router.get("/unhandled")
    async def unhandled() -> None:
        raise RuntimeError("top-secret")

    @router.get("/away")
    async def away() -> None:
        raise DatabaseUnavailableError

    @router.get("/exhausted")
    async def exhausted() -> None:
        raise PoolTimeoutError("top-secret")

    @router.get("/stale")
    async def stale() -> None:
        raise StaleDataError("top-secret")

    @router.get("/invalidated")
    async def invalidated() -> None:
        raise DBAPIError("top-secret", {}, Exception(), connection_invalidated=True)

    @router.get("/conflict")
    async def conflict(session: CurrentSessionTransaction) -> None:
        gizmo = Gizmo(name="first")
        session.add(gizmo)
        await session.flush()
        session.expunge(gizmo)
        twin = Gizmo(name="second")
        twin.id = gizmo.id
        session.add(twin)

    @router.get("/too-large")
    async def too_large(session: CurrentSessionTransaction) -> None:
        session.add(Gizmo(name="dear", price=Decimal(10**12)))

    @router.get("/no-table")
    async def no_table(session: CurrentSession) -> None:
        await session.execute(text("SELECT top_secret FROM nowhere"))

    app = with_gizmos(create_app())
    app.include_router(router)
    return app


@pytest.fixture
async def client(
    gizmo_table: None, connection: AsyncConnection
) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(extended_app()) as client:
        yield client


def assert_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "top-secret" not in response.text
    assert "top_secret" not in response.text
    return problem


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/broken/unhandled", 500),
        ("/broken/away", 503),
        ("/broken/exhausted", 503),
        ("/broken/invalidated", 503),
        ("/broken/conflict", 409),
        ("/broken/stale", 409),
        ("/broken/too-large", 422),
        ("/broken/no-table", 500),
    ],
)
async def test_every_error_is_a_problem(client: httpx.AsyncClient, path: str, status: int) -> None:
    response = await client.get(path)
    assert_problem(response, status)
    assert (response.headers.get("retry-after") == "1") is (status == 503)


async def test_a_method_that_is_not_allowed_names_those_that_are(
    client: httpx.AsyncClient,
) -> None:
    response = await client.put(f"{GIZMOS}/1")
    assert_problem(response, 405)
    assert response.headers["allow"] == "DELETE, GET, PATCH"


async def test_a_validation_error_says_where_and_never_what(client: httpx.AsyncClient) -> None:
    response = await client.post(GIZMOS, json={"name": 1, "price": "top-secret"})
    problem = assert_problem(response, 422)
    assert [fault["location"] for fault in problem["errors"]] == [
        ["body", "name"],
        ["body", "price"],
    ]


@pytest.mark.parametrize(
    "body", [b"{", b"[" * 50_000, b'{"name": "\xff"}', b'{"price": ' + b"9" * 5000 + b"}"]
)
async def test_a_body_that_is_not_json_is_a_problem(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await client.post(GIZMOS, content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)


async def test_the_openapi_declares_problems_for_every_route(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    assert {"Fault", "Problem"} <= schema["components"]["schemas"].keys()
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    for operations in schema["paths"].values():
        for operation in operations.values():
            errors = {
                code: answer for code, answer in operation["responses"].items() if code >= "4"
            }
            assert {"422", "500", "503"} <= errors.keys()
            for answer in errors.values():
                assert answer["content"].keys() == {MEDIA_TYPE}
