from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm.exc import StaleDataError

from app.core.database import CurrentSession, CurrentSessionTransaction
from app.core.errors import ConflictError, DatabaseUnavailableError, NotFoundError
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.gizmo import GIZMOS, Gizmo, with_gizmos

MEDIA_TYPE = "application/problem+json"


def extended_app() -> FastAPI:
    """The service with a few routes that fail."""
    router = APIRouter(prefix="/broken")

    @router.get("/unhandled")
    async def unhandled() -> None:
        raise RuntimeError("top-secret")

    @router.get("/unavailable")
    async def unavailable() -> None:
        raise DatabaseUnavailableError

    @router.get("/not-found")
    async def not_found() -> None:
        raise NotFoundError("There is no order 7.")

    @router.get("/refused")
    async def refused() -> None:
        raise ConflictError("The order is paid already.")

    @router.get("/protected", dependencies=[Depends(HTTPBearer())])
    async def protected() -> None: ...

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
        ("/broken/unavailable", 503),
        ("/broken/not-found", 404),
        ("/broken/refused", 409),
        ("/broken/protected", 401),
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


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/broken/not-found", "There is no order 7."),
        ("/broken/refused", "The order is paid already."),
        (f"{GIZMOS}/7", "There is no gizmo 7."),
    ],
)
async def test_the_detail_is_the_text_of_an_error_of_the_data_layer(
    client: httpx.AsyncClient, path: str, detail: str
) -> None:
    assert (await client.get(path)).json()["detail"] == detail


async def test_a_401_keeps_its_headers(client: httpx.AsyncClient) -> None:
    response = await client.get("/broken/protected")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_405_lists_the_allowed_methods(
    client: httpx.AsyncClient,
) -> None:
    response = await client.put(f"{GIZMOS}/1")
    assert_problem(response, 405)
    assert response.headers["allow"] == "DELETE, GET, PATCH"


async def test_a_validation_error_shows_the_location_and_not_the_value(
    client: httpx.AsyncClient,
) -> None:
    response = await client.post(GIZMOS, json={"name": 1, "price": "top-secret"})
    problem = assert_problem(response, 422)
    assert [error["location"] for error in problem["errors"]] == [
        ["body", "name"],
        ["body", "price"],
    ]


@pytest.mark.parametrize(
    "body", [b"{", b"[" * 50_000, b'{"name": "\xff"}', b'{"price": ' + b"9" * 5000 + b"}"]
)
async def test_an_invalid_json_body_is_a_problem(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await client.post(GIZMOS, content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)
