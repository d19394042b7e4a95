"""Failed connects, and idle connections that the server has closed."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.engine.url import parse_url
from app.core.errors import DatabaseUnavailableError
from scripts import local_database
from tests.platform.database_server import UNUSABLE_URL, connection_number, end_connection

EngineFactory = Callable[..., AsyncEngine]


async def test_a_failed_connect_does_not_block_the_queue(
    make_engine: EngineFactory, unused_tcp_port: int
) -> None:
    engine = make_engine(database_url=_elsewhere(unused_tcp_port), database_pool_timeout=30)
    async with asyncio.timeout(10):
        results = await asyncio.gather(
            *(engine.connect().__aenter__() for _ in range(8)), return_exceptions=True
        )
    assert {type(result) for result in results} <= {DatabaseUnavailableError, OperationalError}


async def test_the_time_limit_for_connecting_may_be_in_the_url(
    make_engine: EngineFactory,
) -> None:
    url = get_settings().sqlalchemy_url.update_query_dict({"connect_timeout": "60"})
    secret = SecretStr(url.render_as_string(hide_password=False))
    async with make_engine(database_url=secret, database_connect_timeout=1e-9).connect():
        pass


async def test_connecting_to_a_silent_server_ends_after_the_connect_timeout(
    make_engine: EngineFactory,
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = make_engine(database_url=_elsewhere(port), database_connect_timeout=0.5)
    async with server, asyncio.timeout(10):
        with pytest.raises(DatabaseUnavailableError):
            await engine.connect()


async def test_creating_a_database_on_a_silent_server_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_database, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = parse_url(UNUSABLE_URL).set(port=silent.getsockname()[1])
        task = asyncio.create_task(local_database.create_database(url))
        await asyncio.wait([task], timeout=9)
        assert isinstance(task.exception(), TimeoutError)


async def test_a_closed_idle_connection_is_replaced(
    make_engine: EngineFactory,
) -> None:
    engine = make_engine(database_pool_pre_ping=False)
    async with engine.connect() as connection:
        number = await connection_number(connection)
    await end_connection(make_engine(), number)
    await asyncio.sleep(0.1)
    async with engine.connect() as connection:
        assert await connection_number(connection) != number


def _elsewhere(port: int) -> SecretStr:
    url = get_settings().sqlalchemy_url.set(host="127.0.0.1", port=port)
    return SecretStr(url.render_as_string(hide_password=False))
