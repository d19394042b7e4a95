"""The second connection of a request: refused in tests, never waited for elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fastapi import Request, Response, WebSocket
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from structlog.testing import capture_logs

from app.core.config import get_settings
from app.core.database import (
    CurrentReader,
    CurrentSessionTransaction,
    get_reader,
    read_only,
    read_session_factory,
    session_scope,
)
from app.core.engine import request_connections
from app.core.engine.reader import Reader
from app.core.engine.request_connections import RequestConnections
from app.core.errors import SecondConnectionError
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.connection_app import NAMES, SECOND, app_with_users, burst
from tests.platform.gizmo import Gizmo
from tests.platform.sockets import connected

pytestmark = pytest.mark.usefixtures("committed_gizmos")


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = get_settings().model_copy(update={"environment": "production"})
    monkeypatch.setattr(request_connections, "get_settings", lambda: settings)
    monkeypatch.setattr(RequestConnections, "_was_logged", False)


@pytest.mark.parametrize("path", SECOND)
async def test_a_second_connection_is_refused_at_once(path: str) -> None:
    assert await burst(app_with_users(), "POST", path, 4) == [500] * 4


@pytest.mark.parametrize("path", SECOND)
async def test_a_middleware_that_starts_a_task_changes_nothing(path: str) -> None:
    app = app_with_users()

    @app.middleware("http")
    async def in_another_task(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await call_next(request)

    assert await burst(app, "POST", path, 4) == [500] * 4


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


async def test_a_task_that_outlives_its_request_may_use_two_connections() -> None:
    app, answered = create_app(), asyncio.Event()

    async def work() -> None:
        await answered.wait()
        async with (
            read_session_factory() as first,
            first.begin(),
            read_session_factory() as second,
        ):
            await first.execute(NAMES)
            await second.execute(NAMES)

    @app.post("/later")
    async def later(session: CurrentSessionTransaction) -> None:
        await session.execute(NAMES)
        app.state.task = asyncio.create_task(work())

    async with client_of(app) as client:
        assert (await client.post("/later")).status_code == 200
    answered.set()
    await app.state.task
