"""One connection a request: requests never wait for each other's connections."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, WebSocket
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from structlog.testing import capture_logs

from app.core.config import get_settings
from app.core.database import (
    CurrentReader,
    CurrentSession,
    CurrentSessionTransaction,
    get_reader,
    read_only,
    session_scope,
)
from app.core.engine import request_connections
from app.core.engine.reader import Reader
from app.core.engine.request_connections import RequestConnections
from app.core.errors import SecondConnectionError
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.gizmo import Gizmo, count_gizmos
from tests.platform.small_engine import small_engine
from tests.platform.sockets import connected

pytestmark = pytest.mark.usefixtures("committed_gizmos")

NAMES = select(Gizmo.name)
# Waiting for each other would outlast the test.
TIMEOUT = 60


async def get_user(session: CurrentSession) -> Gizmo:
    """Read an entity, as a dependency for authentication does."""
    return (await session.scalars(select(Gizmo).order_by(Gizmo.id).limit(1))).one()


CurrentUser = Annotated[Gizmo, Depends(get_user)]


def app_with_users() -> FastAPI:
    app = create_app()

    @app.get("/rows")
    async def rows(user: CurrentUser, reader: CurrentReader) -> str:
        return (await reader.rows(NAMES))[0][0] + user.name

    @app.get("/entities")
    async def entities(user: CurrentUser, session: CurrentSession) -> bool:
        return await session.get(Gizmo, user.id) is user

    @app.post("/rows")
    async def write(user: CurrentUser, session: CurrentSessionTransaction) -> None:
        session.add(Gizmo(name=user.name))
        await session.flush()

    @app.post("/scope")
    async def scope(session: CurrentSessionTransaction) -> None:
        await session.execute(NAMES)
        async with session_scope() as second:
            await second.execute(NAMES)

    @app.post("/reader")
    async def read(session: CurrentSessionTransaction, reader: CurrentReader) -> None:
        await session.execute(NAMES)
        await reader.rows(NAMES)

    @app.post("/tasks")
    async def tasks(session: CurrentSessionTransaction, reader: CurrentReader) -> None:
        await session.execute(NAMES)
        await asyncio.gather(reader.rows(NAMES), reader.rows(NAMES))

    @app.get("/together")
    async def together(reader: CurrentReader) -> None:
        await asyncio.gather(reader.rows(NAMES), reader.rows(NAMES))

    return app


SECOND = ["/scope", "/reader", "/tasks"]


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = get_settings().model_copy(update={"environment": "production"})
    monkeypatch.setattr(request_connections, "get_settings", lambda: settings)
    monkeypatch.setattr(RequestConnections, "_was_logged", False)


async def burst(app: FastAPI, method: str, path: str, number: int, **changes: float) -> list[int]:
    """Send requests at once to a service with four connections; return the statuses."""
    async with session_scope() as session:
        session.add(Gizmo(name="first"))
    async with (
        small_engine(database_pool_timeout=TIMEOUT, **changes) as small,
        client_of(app) as client,
        asyncio.timeout(10),
    ):
        requests = (client.request(method, path) for _ in range(number))
        statuses = [response.status_code for response in await asyncio.gather(*requests)]
    assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
    return statuses


@pytest.mark.parametrize("number", [4, 40])
@pytest.mark.parametrize("path", ["/rows", "/entities", "/together"])
async def test_requests_that_read_with_two_dependencies_are_answered(
    path: str, number: int
) -> None:
    assert await burst(app_with_users(), "GET", path, number) == [200] * number


@pytest.mark.parametrize("number", [4, 40])
async def test_requests_that_read_and_then_write_are_answered(number: int) -> None:
    assert await burst(app_with_users(), "POST", "/rows", number) == [200] * number
    assert await count_gizmos() == 1 + number


@pytest.mark.parametrize("path", SECOND)
async def test_a_second_connection_is_refused_at_once(path: str) -> None:
    assert await burst(app_with_users(), "POST", path, 4) == [500] * 4


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("path", SECOND)
async def test_in_production_a_second_connection_is_logged_once_and_not_waited_for(
    path: str,
) -> None:
    app = app_with_users()
    # On a database with one writer, the second connection waits for the lock of the first one.
    changes = {"database_lock_timeout": 0.1}
    with capture_logs() as logs:
        assert set(await burst(app, "POST", path, 1, **changes)) <= {200, 503}
        assert set(await burst(app, "POST", path, 8, **changes)) <= {200, 503}
    assert [line["event"] for line in logs].count("second_connection") == 1


@pytest.mark.parametrize("path", SECOND)
async def test_a_test_on_one_connection_sees_the_same_error(path: str, reader: Reader) -> None:
    app = app_with_users()
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        assert (await client.post(path)).status_code == 500


async def test_a_test_on_one_connection_sees_what_both_sessions_did(
    connection: AsyncConnection, session: AsyncSession
) -> None:
    session.add(Gizmo(name="first"))
    await session.flush()
    async with client_of(app_with_users()) as client:
        assert (await client.post("/rows")).status_code == 200
    assert len((await session.execute(NAMES)).all()) == 2


async def test_a_websocket_is_refused_a_second_connection() -> None:
    app = create_app()

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, reader: CurrentReader) -> None:
        await websocket.accept()
        async with session_scope() as session:
            await session.execute(NAMES)
            with pytest.raises(SecondConnectionError):
                await reader.rows(NAMES)
        await websocket.send_text("refused")

    async with connected(app, "/socket") as client:
        assert (await client.receive())["type"] == "websocket.accept"
        assert await client.receive_text() == "refused"


async def test_a_request_may_use_two_pools(make_engine: Callable[[], AsyncEngine]) -> None:
    app, other_engine = create_app(), read_only(make_engine(), get_settings())

    @app.post("/two")
    async def two(session: CurrentSessionTransaction) -> None:
        await session.execute(NAMES)
        async with other_engine.connect() as connection:
            await connection.execute(NAMES)

    async with client_of(app) as client:
        assert (await client.post("/two")).status_code == 200
