"""Reads that the driver runs, and that do not end as they should."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core import database
from app.core.database import reader
from app.core.engine import direct as direct_reads
from app.core.errors import DatabaseUnavailableError
from tests.platform.database_server import CONNECTION_NUMBER, SLEEP, end_connection
from tests.platform.gizmo import Gizmo
from tests.platform.network.pooler import direct
from tests.platform.network.proxy import Proxy, running
from tests.platform.small_engine import small_engine

PAUSE: Any = select(SLEEP(bindparam("seconds")), bindparam("more", 1))

pytestmark = [pytest.mark.usefixtures("committed_gizmos"), direct]


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with running() as proxy:
        yield proxy


@pytest.fixture
async def small(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    """An engine with one connection, whose driver runs the pause and the list of gizmos."""
    async with small_engine(
        database_url=proxy.address, database_pool_size=1, database_max_overflow=0
    ) as engine:
        for _ in range(2):
            await reader.rows(PAUSE, {"seconds": 0})
            await reader.rows(select(Gizmo.id))
        monkeypatch.setattr(direct_reads.DirectSelects, "add", _refuse)
        yield engine


def _refuse(*arguments: object) -> None:
    raise AssertionError("SQLAlchemy ran the statement")


async def assert_the_next_read_works(small: AsyncEngine) -> None:
    assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert await reader.rows(select(Gizmo.id)) == []
    assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with database.engine.begin() as connection:
        await connection.execute(insert(Gizmo).values(id=1, name="first"))
    # In an open transaction the row would not be seen.
    assert await reader.rows(select(Gizmo.id)) == [(1,)]


async def test_a_cancelled_read_loses_no_connection(small: AsyncEngine) -> None:
    reading = asyncio.create_task(reader.rows(PAUSE, {"seconds": 30}))
    await asyncio.sleep(0.2)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await assert_the_next_read_works(small)


async def test_a_read_whose_connection_ends_is_an_error_of_the_connection(
    small: AsyncEngine,
) -> None:
    async with small.connect() as connection:
        number = (await connection.execute(CONNECTION_NUMBER)).scalar_one()
    reading = asyncio.create_task(reader.rows(PAUSE, {"seconds": 30}))
    await asyncio.sleep(0.2)
    await end_connection(database.engine, number)
    with pytest.raises(DBAPIError) as error:
        await reading
    assert error.value.connection_invalidated
    await assert_the_next_read_works(small)


async def test_a_connection_that_ended_before_is_replaced(small: AsyncEngine) -> None:
    async with small.connect() as connection:
        number = (await connection.execute(CONNECTION_NUMBER)).scalar_one()
    await end_connection(database.engine, number)
    await asyncio.sleep(0.2)
    await assert_the_next_read_works(small)


async def test_a_read_of_a_silent_server_ends_after_the_statement_timeout(
    small: AsyncEngine, proxy: Proxy
) -> None:
    proxy.silence()
    async with asyncio.timeout(20):
        with pytest.raises((DBAPIError, DatabaseUnavailableError)):
            await reader.rows(select(Gizmo.id))
    proxy.resume()
    await assert_the_next_read_works(small)
