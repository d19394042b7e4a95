"""What clients see when the database or the network fails, or when they leave themselves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from app.core import database, health, lifecycle
from app.core.config import get_settings
from app.core.database import CurrentSession, CurrentSessionTransaction, build_engine
from app.main import create_app
from tests.gizmo import GIZMOS, with_gizmos
from tests.proxy import Proxy, running
from tests.server import SLOW, connection_number, end_connection
from tests.serving import client_of, serving

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def network() -> AsyncIterator[Proxy]:
    async with running() as proxy:
        yield proxy


@pytest.fixture
async def engine(network: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    """An engine of four connections over that network, used by the whole service."""
    changes = {
        "database_url": network.address,
        "database_pool_size": 2,
        "database_max_overflow": 2,
        "database_pool_timeout": 1,
        "database_connect_timeout": 1,
        "database_statement_timeout": 0.5,
        "database_pool_pre_ping": False,
    }
    engine = build_engine(get_settings().model_copy(update=changes))
    monkeypatch.setattr(health, "engine", engine)
    factories: list[async_sessionmaker[Any]] = [
        database.read_session_factory,
        database.session_factory,
    ]
    binds = [factory.kw["bind"] for factory in factories]
    for factory in factories:
        factory.configure(bind=engine)
    yield engine
    for factory, bind in zip(factories, binds, strict=True):
        factory.configure(bind=bind)
    await engine.dispose()


@pytest.fixture
async def app(engine: AsyncEngine) -> FastAPI:
    app = with_gizmos(create_app())

    @app.get("/slow")
    async def slow(session: CurrentSession) -> None:
        await session.execute(text(SLOW))

    @app.post("/slow")
    async def slow_write(session: CurrentSessionTransaction) -> None:
        await session.execute(text(SLOW))

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def checked_out(engine: AsyncEngine) -> int:
    number: int = engine.pool.checkedout()  # type: ignore[attr-defined]
    return number


async def statuses(client: httpx.AsyncClient, number: int, path: str = GIZMOS) -> set[int]:
    responses = await asyncio.gather(*(client.get(path) for _ in range(number)))
    for response in responses:
        if response.status_code == 503:
            assert response.headers["retry-after"] == "1"
            assert response.headers["content-type"] == "application/problem+json"
    return {response.status_code for response in responses}


async def test_a_stopped_database_is_503_and_heals_without_an_error(
    client: httpx.AsyncClient, network: Proxy
) -> None:
    assert await statuses(client, 10) == {200}
    await network.stop()
    for _ in range(2):
        assert await statuses(client, 10) == {503}
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200
    await network.start()
    for _ in range(3):
        assert await statuses(client, 10) == {200}
    assert (await client.get("/health/ready")).status_code == 200


async def test_a_database_that_comes_back_between_two_requests_is_not_noticed(
    client: httpx.AsyncClient, network: Proxy
) -> None:
    assert await statuses(client, 4) == {200}
    await network.stop()
    await network.start()
    assert await statuses(client, 10) == {200}


async def test_connections_that_the_server_ended_while_idle_are_not_noticed(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.connect() as first, engine.connect() as second:
        numbers = [await connection_number(first), await connection_number(second)]
    for number in numbers:
        await end_connection(database.engine, number)
    await asyncio.sleep(0.1)
    assert await statuses(client, 10) == {200}


async def test_a_silent_network_is_503(
    client: httpx.AsyncClient, network: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READINESS_TIMEOUT", 0.1)
    assert await statuses(client, 2) == {200}
    network.silence()
    assert await statuses(client, 2) == {503}
    assert (await client.get("/health/ready")).status_code == 503
    network.resume()


async def test_a_statement_that_takes_too_long_is_503(client: httpx.AsyncClient) -> None:
    read, written = await asyncio.gather(statuses(client, 2, "/slow"), client.post("/slow"))
    assert read == {written.status_code} == {503}
    assert await statuses(client, 10) == {200}


async def test_a_full_pool_answers_200_or_503_and_422_at_once(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async with engine.connect(), engine.connect(), engine.connect(), engine.connect():
        waiting = asyncio.create_task(statuses(client, 20))
        await asyncio.sleep(0)
        assert (await client.get(f"{GIZMOS}/0")).status_code == 422
        assert not waiting.done()
        assert await waiting == {503}
    assert await statuses(client, 20) == {200}


async def test_a_client_that_leaves_takes_no_connection_along(
    app: FastAPI, engine: AsyncEngine
) -> None:
    async with serving(app) as port:
        for method in ("GET", "POST") * 3:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{method} /slow HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await asyncio.sleep(0.05)
            writer.transport.abort()
    assert checked_out(engine) == 0


async def test_a_request_that_is_cancelled_leaves_no_transaction_open(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    for method in ("GET", "POST"):
        task = asyncio.create_task(client.request(method, "/slow"))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
    assert checked_out(engine) == 0
    assert await statuses(client, 10) == {200}


async def test_closing_the_pool_does_not_wait_for_a_silent_server(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    network: Proxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifecycle, "engine", engine)
    monkeypatch.setattr(lifecycle, "CLOSE_TIMEOUT", 0.1)
    assert await statuses(client, 4) == {200}
    network.silence()
    await lifecycle.close_pool()
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    network.resume()
