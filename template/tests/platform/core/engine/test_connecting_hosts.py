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

from app.core.config import Settings, get_settings
from app.core.engine import connecting, driver
from app.core.engine.addresses import Address, addresses
from app.core.engine.hosts.hosts import Hosts
from app.core.engine.url import build_url, may_lead_to_pooler, parse_url
from app.core.errors import DatabaseUnavailableError

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


class Server(NamedTuple):
    """A connection whose server tells its state when connecting, or when asked."""

    told: dict[str, str]
    standby: bool = False
    read_only: bool = False

    def get_settings(self) -> object:
        return type("Told", (), self.told)()

    def transaction(self) -> Any:
        return asyncio.timeout(1)

    async def fetchrow(self, query: str) -> tuple[bool, bool]:
        assert query == connecting.STATE
        return self.standby, self.read_only


def told(standby: str, read_only: str) -> Server:
    return Server({"in_hot_standby": standby, "default_transaction_read_only": read_only})


@pytest.mark.parametrize(
    ("target", "fitting"),
    [
        ("any", {"primary", "read-only primary", "standby"}),
        ("primary", {"primary", "read-only primary"}),
        ("read-write", {"primary"}),
        ("standby", {"standby"}),
        ("prefer-standby", {"standby"}),
        ("read-only", {"read-only primary", "standby"}),
    ],
)
@pytest.mark.parametrize(
    "servers",
    [
        {
            "primary": told("off", "off"),
            "read-only primary": told("off", "on"),
            "standby": told("on", "off"),
        },
        {
            "primary": Server({}),
            "read-only primary": Server({}, read_only=True),
            "standby": Server({}, standby=True, read_only=True),
        },
    ],
)
async def test_each_target_has_its_servers(
    target: str, fitting: set[str], servers: dict[str, Server]
) -> None:
    refusals = {name: await connecting._refusal(target, one) for name, one in servers.items()}
    assert {name for name, refusal in refusals.items() if refusal is None} == fitting


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


def test_several_hosts_without_a_wish_have_to_accept_writes() -> None:
    assert parse_url("postgresql://one,two/shop").query["target_session_attrs"] == "read-write"
    query = parse_url("postgresql://one,two/shop?target_session_attrs=any").query
    assert query["target_session_attrs"] == "any"
    assert "target_session_attrs" not in parse_url("postgresql://one/shop").query


def test_the_host_of_the_settings_may_be_several() -> None:
    url = build_url(host="one,two:5433", port=None, user="u", password="a,b@c", name="shop")
    assert addresses(url) == [Address("one", 5432), Address("two", 5433)]
    assert (url.password, url.query["target_session_attrs"]) == ("a,b@c", "read-write")


def test_the_settings_refuse_a_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ValueError, match="hosts are in two places"):
        Settings(_env_file=None, database_url=SecretStr("postgresql://one/shop?host=two"))


def test_one_pooler_of_several_hosts_switches_its_mode_on() -> None:
    assert may_lead_to_pooler({"database_url": "postgresql://one:6432,two:6432/shop"})
    assert not may_lead_to_pooler({"database_url": "postgresql://one,two/shop"})


def test_the_connection_class_is_the_one_with_a_time_limit() -> None:
    assert issubclass(connecting._Connection, asyncpg.Connection)
