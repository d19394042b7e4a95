"""Connections to one of several hosts."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncmy
import pytest
from asyncmy.errors import MySQLError
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.engine import driver, primary
from app.core.engine.addresses import Address, addresses
from app.core.engine.primary import connector
from app.core.engine.url import build_url, parse_url
from app.core.errors import DatabaseUnavailableError

EngineFactory = Callable[..., AsyncEngine]


def several(*addresses: Address, **query: str) -> SecretStr:
    """Return the URL of the test database on several addresses."""
    url = get_settings().sqlalchemy_url
    hosts = ",".join(str(address.host) for address in addresses)
    ports = ",".join(str(address.port) for address in addresses)
    found = URL.create(url.drivername, url.username, url.password, database=url.database)
    found = found.set(query={**url.query, "host": hosts, "port": ports, **query})
    return SecretStr(found.render_as_string(hide_password=False))


@pytest.fixture
def server() -> Address:
    """The address of the test server."""
    (address,) = addresses(get_settings().sqlalchemy_url)
    return address


@pytest.fixture
def away(unused_tcp_port: int) -> Iterator[list[Address]]:
    """A socket that accepts and says nothing, and a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ports = silent.getsockname()[1], unused_tcp_port
        yield [Address("127.0.0.1", port) for port in ports]


async def test_hosts_that_are_away_do_not_stop_the_service(
    make_engine: EngineFactory, away: list[Address], server: Address
) -> None:
    engine = make_engine(database_url=several(*away, server), database_connect_timeout=3)
    async with asyncio.timeout(4), engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_the_time_in_the_url_is_for_each_host(
    make_engine: EngineFactory, away: list[Address], server: Address
) -> None:
    url = several(*away, server, connect_timeout="1")
    async with make_engine(database_url=url, database_connect_timeout=0.01).connect():
        pass


async def test_the_first_host_that_accepts_writes_is_used(
    make_engine: EngineFactory, monkeypatch: pytest.MonkeyPatch, server: Address
) -> None:
    states = iter(["the server accepts no writes", None])
    asked = []

    async def refusal(self: primary.Primary, connection: asyncmy.Connection) -> str | None:
        asked.append(connection)
        return next(states)

    monkeypatch.setattr(primary.Primary, "refusal", refusal)
    async with make_engine(database_url=several(server, server)).connect():
        pass
    assert len(asked) == 2
    # One host needs no question.
    async with make_engine().connect():
        pass
    assert len(asked) == 2


async def test_replicas_alone_are_an_unavailable_database(
    make_engine: EngineFactory, monkeypatch: pytest.MonkeyPatch, server: Address
) -> None:
    monkeypatch.setattr(primary, "QUESTIONS", ("0",))
    with pytest.raises(DatabaseUnavailableError) as found:
        await make_engine(database_url=several(server, server)).connect()
    reason = f"{server}: the server accepts no writes"
    assert str(found.value.__cause__) == f"{reason}; {reason}"


async def test_the_test_server_accepts_writes() -> None:
    connection = await connector(get_settings())(**connect_arguments())
    try:
        assert await primary.Primary().refusal(connection) is None
        await connection.query("SET SESSION TRANSACTION READ ONLY")
        assert await primary.Primary().refusal(connection)
    finally:
        await connection.ensure_closed()


async def test_a_server_that_accepts_writes_no_longer_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def accepts(self: primary.Primary, connection: asyncmy.Connection) -> None: ...

    connection = await connector(get_settings())(**connect_arguments())
    server = primary.Primary()
    try:
        await asyncio.wait_for(server.stays(connection), 5)
        await connection.query("SET SESSION TRANSACTION READ ONLY")
        stays = asyncio.create_task(server.stays(connection))
        assert not (await asyncio.wait([stays], timeout=0.3))[0]
        monkeypatch.setattr(primary.Primary, "refusal", accepts)
        await asyncio.wait_for(stays, 5)
    finally:
        await connection.ensure_closed()


async def test_the_question_needs_no_right_on_the_table_of_the_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(primary, "QUESTIONS", ("(SELECT 1 FROM group_of_nobody)", "1"))
    connection = await connector(get_settings())(**connect_arguments())
    other = await connector(get_settings())(**connect_arguments())
    server = primary.Primary()
    try:
        # Both ask before the first one has an answer.
        assert await asyncio.gather(*map(server.refusal, (connection, other))) == [None, None]
        assert server._question == "1"
        server._question = "(SELECT 1 FROM group_of_nobody)"
        monkeypatch.setattr(primary, "QUESTIONS", (server._question,))
        with pytest.raises(MySQLError, match="group_of_nobody"):
            await server.refusal(connection)
    finally:
        await connection.ensure_closed()
        await other.ensure_closed()


def connect_arguments() -> dict[str, object]:
    """Return the arguments of the driver for the test database."""
    url = get_settings().sqlalchemy_url
    return {**url.get_dialect()().create_connect_args(url)[1]}


@pytest.mark.parametrize(
    "spelling",
    [
        "mysql://u:p@one:3306,two:3307/shop",
        "mysql://u:p@one,two:3307/shop",
        "mariadb://u:p@/shop?host=one&host=two:3307",
        "mysql+pymysql://u:p@/shop?host=one,two&port=3306,3307",
    ],
)
def test_several_hosts_are_spelled_as_for_other_clients(spelling: str) -> None:
    assert addresses(parse_url(spelling)) == [Address("one", 3306), Address("two", 3307)]


def test_the_host_of_the_settings_may_be_several() -> None:
    url = build_url(host="one,two:3307", port=None, user="u", password="a,b@c", name="shop")
    assert addresses(url) == [Address("one", 3306), Address("two", 3307)]
    assert url.password == "a,b@c"


async def test_a_host_with_a_slash_is_a_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = []

    async def connect(connection: Any) -> None:
        opened.append(connection._unix_socket)
        raise ConnectionRefusedError

    monkeypatch.setattr("asyncmy.Connection.connect", connect)
    with pytest.raises(ConnectionRefusedError):
        await connector(get_settings())(host=str(tmp_path / "socket"))
    assert opened == [str(tmp_path / "socket")]


def test_connections_to_several_hosts_move(server: Address) -> None:
    settings = get_settings()
    assert driver.pool_options(settings)["pool_recycle"] == settings.database_pool_recycle
    settings = settings.model_copy(update={"database_url": several(server, server)})
    assert driver.pool_options(settings)["pool_recycle"] == driver.MOVE_SECONDS


async def test_only_the_text_of_a_closed_connection_means_that_it_was_closed(
    monkeypatch: pytest.MonkeyPatch, make_engine: EngineFactory
) -> None:
    async def fail(connection: object) -> None:
        raise RuntimeError("another reason")

    monkeypatch.setattr(primary._Connection, "connect", fail)
    with pytest.raises(RuntimeError, match="another reason"):
        await make_engine().connect()
