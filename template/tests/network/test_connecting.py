"""What happens when a connection can't be made, or is no longer there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.database import build_engine
from app.core.errors import DatabaseUnavailableError
from tests.server import connection_number, end_connection

EngineFactory = Callable[..., AsyncEngine]


@pytest.fixture
async def small_engine() -> AsyncIterator[EngineFactory]:
    """Make engines of two connections that wait half a second for one."""
    engines = []

    def make(**changes: Any) -> AsyncEngine:
        changes = {
            "database_pool_size": 1,
            "database_max_overflow": 1,
            "database_pool_timeout": 0.5,
            "database_connect_timeout": 0.5,
        } | changes
        engines.append(build_engine(get_settings().model_copy(update=changes)))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.dispose()


async def test_a_failed_connect_does_not_leave_the_others_waiting(
    small_engine: EngineFactory, unused_tcp_port: int
) -> None:
    engine = small_engine(database_url=_elsewhere(unused_tcp_port), database_pool_timeout=30)
    async with asyncio.timeout(10):
        results = await asyncio.gather(
            *(engine.connect().__aenter__() for _ in range(8)), return_exceptions=True
        )
    assert {type(result) for result in results} <= {DatabaseUnavailableError, OperationalError}


async def test_connecting_to_a_silent_server_ends_after_the_connect_timeout(
    small_engine: EngineFactory,
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = small_engine(database_url=_elsewhere(port))
    async with server, asyncio.timeout(10):
        with pytest.raises(DatabaseUnavailableError):
            await engine.connect()


async def test_a_connection_that_the_server_ended_while_idle_is_replaced(
    small_engine: EngineFactory,
) -> None:
    engine = small_engine(database_pool_pre_ping=False)
    async with engine.connect() as connection:
        number = await connection_number(connection)
    await end_connection(small_engine(), number)
    await asyncio.sleep(0.1)
    async with engine.connect() as connection:
        assert await connection_number(connection) != number


def _elsewhere(port: int) -> SecretStr:
    url = get_settings().url.set(host="127.0.0.1", port=port)
    return SecretStr(url.render_as_string(hide_password=False))
