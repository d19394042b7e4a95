"""Responses when the network or the database server fails."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core import database
from app.core.http import health
from app.core.process import lifespan
from tests.platform.clients import client_of
from tests.platform.database_server import connection_number, end_connection
from tests.platform.gizmo import GIZMOS
from tests.platform.network.proxy import Proxy, running
from tests.platform.small_engine import app_with_slow_routes, assert_well_formed, small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def network() -> AsyncIterator[Proxy]:
    async with running() as proxy:
        yield proxy


@pytest.fixture
async def engine(network: Proxy) -> AsyncIterator[AsyncEngine]:
    async with small_engine(database_url=network.address) as engine:
        yield engine


@pytest.fixture
async def client(engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_with_slow_routes()) as client:
        yield client


async def statuses(client: httpx.AsyncClient, number: int, path: str = GIZMOS) -> set[int]:
    return assert_well_formed(await asyncio.gather(*(client.get(path) for _ in range(number))))


async def test_a_stopped_database_is_503_and_the_service_recovers(
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


async def test_a_restart_of_the_database_between_requests_causes_no_error(
    client: httpx.AsyncClient, network: Proxy
) -> None:
    assert await statuses(client, 4) == {200}
    await network.stop()
    await network.start()
    assert await statuses(client, 10) == {200}


async def test_closed_idle_connections_cause_no_error(
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


async def test_closing_the_pool_does_not_wait_for_a_silent_server(
    client: httpx.AsyncClient,
    engine: AsyncEngine,
    network: Proxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifespan, "engine", engine)
    monkeypatch.setattr(lifespan, "CLOSE_TIMEOUT", 0.1)
    assert await statuses(client, 4) == {200}
    network.silence()
    await lifespan.dispose_engine()
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    network.resume()
