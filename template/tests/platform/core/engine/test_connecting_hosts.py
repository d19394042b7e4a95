"""Several hosts in a URL, against the test server and ports where nothing or nobody answers."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.engine import connecting, driver
from app.core.engine.addresses import Address
from app.core.engine.hosts.hosts import Hosts
from app.core.engine.url import parse_url
from app.core.errors import DatabaseUnavailableError
from tests.platform.network.pooler import direct

EngineFactory = Callable[..., AsyncEngine]


class Places(NamedTuple):
    """Ports of this machine, and the one of the test server."""

    silent: int
    closed: int
    server: int


@pytest.fixture
def places(unused_tcp_port: int) -> Any:
    """A socket that accepts and says nothing, a port where nothing listens, and the server."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        own = get_settings().sqlalchemy_url.port or 5432
        yield Places(silent.getsockname()[1], unused_tcp_port, own)


def several(*ports: int, **query: str) -> SecretStr:
    """Return the URL of the test database on several ports of its host."""
    url = get_settings().sqlalchemy_url
    hosts = ",".join(url.host or "127.0.0.1" for _ in ports)
    query = {"host": hosts, "port": ",".join(map(str, ports)), **query}
    found = URL.create(url.drivername, url.username, url.password, database=url.database)
    found = found.set(query={**url.query, **query})
    return SecretStr(found.render_as_string(hide_password=False))


async def test_a_silent_and_a_closed_host_do_not_stop_the_service(
    make_engine: EngineFactory, places: Places
) -> None:
    engine = make_engine(
        database_url=several(places.silent, places.closed, places.server),
        database_connect_timeout=3,
    )
    async with asyncio.timeout(4), engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_the_time_in_the_url_is_for_each_host(
    make_engine: EngineFactory, places: Places
) -> None:
    url = several(places.silent, places.server, connect_timeout="1")
    async with make_engine(database_url=url, database_connect_timeout=0.01).connect():
        pass


async def test_standbys_alone_are_an_unavailable_database(
    make_engine: EngineFactory, places: Places
) -> None:
    url = several(places.server, places.closed, target_session_attrs="standby")
    with pytest.raises(DatabaseUnavailableError) as found:
        await make_engine(database_url=url).connect()
    reasons = str(found.value.__cause__)
    assert f"{places.server}: the server is not a standby" in reasons
    assert f"{places.closed}: Connection refused" in reasons


async def test_one_host_of_the_wrong_kind_is_an_unavailable_database(
    make_engine: EngineFactory,
) -> None:
    url = get_settings().sqlalchemy_url.update_query_dict({"target_session_attrs": "read-only"})
    secret = SecretStr(url.render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailableError) as found:
        await make_engine(database_url=secret).connect()
    assert "the server is not read-only" in str(found.value.__cause__)


async def test_a_preference_uses_another_server_rather_than_none(
    make_engine: EngineFactory, places: Places
) -> None:
    url = several(places.closed, places.server, target_session_attrs="prefer-standby")
    async with make_engine(database_url=url).connect():
        pass


@direct
async def test_an_unknown_database_keeps_its_own_error(
    make_engine: EngineFactory, places: Places
) -> None:
    url = parse_url(several(places.closed, places.server).get_secret_value())
    secret = SecretStr(url.set(database="nothing_here").render_as_string(hide_password=False))
    with pytest.raises(DatabaseUnavailableError) as found:
        await make_engine(database_url=secret).connect()
    failure = found.value.__cause__
    assert failure is not None
    assert getattr(failure.__cause__, "sqlstate", None) == "3D000"
    assert "Connection refused" in str(failure)


async def test_new_connections_spread_over_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    first: Counter[str | None] = Counter()

    async def find(hosts: object, search: object, named: list[Address], **times: object) -> None:
        first[named[0].host] += 1

    monkeypatch.setattr(Hosts, "find", find)
    for query in ("load_balance_hosts=random", "load_balance_hosts=disable"):
        url = parse_url(f"postgresql://u:p@one,two/shop?{query}")
        connect = connecting.connector(get_settings())
        for _ in range(100):
            await connect(**url.get_dialect()().create_connect_args(url)[1])
    assert first.keys() == {"one", "two"}
    assert first["one"] > 100


async def test_a_host_that_prefers_others_returns_to_them(places: Places) -> None:
    def recycle(**query: str) -> int:
        url = several(places.server, places.closed, **query)
        settings = get_settings().model_copy(update={"database_url": url})
        seconds: int = driver.pool_options(settings)["pool_recycle"]
        return seconds

    own = get_settings().database_pool_recycle
    assert recycle() == recycle(target_session_attrs="primary") == own
    assert recycle(target_session_attrs="prefer-standby") == driver.MOVE_SECONDS < own
    assert driver.pool_options(get_settings())["pool_recycle"] == own


def test_the_connection_class_is_the_one_with_a_time_limit() -> None:
    assert issubclass(connecting._Connection, asyncpg.Connection)
