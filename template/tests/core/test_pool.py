import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import exc, text
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


async def test_connections_are_given_in_the_order_of_asking(small_engine: EngineFactory) -> None:
    engine = small_engine(database_max_overflow=0, database_pool_timeout=10)
    served = []

    async def ask(number: int) -> None:
        async with engine.connect() as connection:
            served.append(number)
            await connection.execute(text("SELECT 1"))

    connection = await engine.connect()
    waiting = [asyncio.create_task(ask(number)) for number in range(5)]
    await asyncio.sleep(0.01)
    await connection.close()
    await ask(5)
    await asyncio.gather(*waiting)
    assert served == list(range(6))


async def test_waiting_ends_after_the_pool_timeout(small_engine: EngineFactory) -> None:
    engine = small_engine()
    async with engine.connect(), engine.connect():
        with pytest.raises(exc.TimeoutError, match="no connection became free within"):
            await engine.connect()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_a_caller_that_gives_up_leaves_its_turn_to_the_next(
    small_engine: EngineFactory,
) -> None:
    engine = small_engine(database_pool_timeout=10)
    async with engine.connect():
        async with engine.connect():
            waiting = asyncio.create_task(engine.connect().__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1


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


async def test_disposing_keeps_the_limits(small_engine: EngineFactory) -> None:
    engine = small_engine()
    async with engine.connect():
        pass
    await engine.dispose()
    async with engine.connect(), engine.connect():
        with pytest.raises(exc.TimeoutError):
            await engine.connect()


def _elsewhere(port: int) -> SecretStr:
    url = get_settings().url.set(host="127.0.0.1", port=port)
    return SecretStr(url.render_as_string(hide_password=False))
