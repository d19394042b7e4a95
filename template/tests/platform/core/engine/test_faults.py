"""Responses of a slow or busy database, and requests that clients cancel."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.platform.clients import client_of, serving
from tests.platform.gizmo import GIZMOS
from tests.platform.small_engine import app_with_slow_routes, assert_well_formed, small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    async with small_engine() as engine:
        yield engine


@pytest.fixture
async def client(engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_with_slow_routes()) as client:
        yield client


def checked_out(engine: AsyncEngine) -> int:
    number: int = engine.pool.checkedout()  # type: ignore[attr-defined]
    return number


async def statuses(client: httpx.AsyncClient, number: int, path: str = GIZMOS) -> set[int]:
    return assert_well_formed(await asyncio.gather(*(client.get(path) for _ in range(number))))


async def test_a_slow_statement_is_503(client: httpx.AsyncClient) -> None:
    read, written = await asyncio.gather(statuses(client, 2, "/slow"), client.post("/slow"))
    assert read == {written.status_code} == {503}
    assert await statuses(client, 10) == {200}


async def test_an_exhausted_pool_is_503_and_an_invalid_request_422_at_once() -> None:
    async with (
        small_engine(database_pool_timeout=1) as engine,
        client_of(app_with_slow_routes()) as client,
    ):
        async with engine.connect(), engine.connect(), engine.connect(), engine.connect():
            waiting = asyncio.create_task(statuses(client, 20))
            await asyncio.sleep(0)
            assert (await client.get(f"{GIZMOS}/0")).status_code == 422
            assert not waiting.done()
            assert await waiting == {503}
        assert await statuses(client, 4) == {200}


async def test_a_disconnected_client_holds_no_connection(engine: AsyncEngine) -> None:
    async with serving(app_with_slow_routes()) as port:
        for method in ("GET", "POST") * 3:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{method} /slow HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await asyncio.sleep(0.05)
            writer.transport.abort()
    assert checked_out(engine) == 0


async def test_a_cancelled_request_leaves_no_open_transaction(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    for method in ("GET", "POST"):
        task = asyncio.create_task(client.request(method, "/slow"))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
    assert checked_out(engine) == 0
    assert await statuses(client, 10) == {200}
