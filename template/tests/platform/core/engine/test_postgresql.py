"""URL parameters of PostgreSQL, and the mode for a pooler."""

from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, literal, select
from sqlalchemy.util import greenlet_spawn

from app.core.config import Settings, get_settings
from app.core.engine import driver
from app.core.engine.server_state import only_reads
from app.core.engine.url import driver_arguments, parse_url
from tests.platform.small_engine import small_engine

POOLER = get_settings().model_copy(update={"database_pooler": True})


def test_sslmode_becomes_the_parameter_of_the_driver() -> None:
    assert parse_url("postgres://h/shop?sslmode=require").query == {"ssl": "require"}


def arguments(query: str, host: str = "h") -> dict[str, Any]:
    """Return the arguments of the driver's `connect` for the parameters of a URL."""
    url = parse_url(f"postgresql://u:p@{host}/shop?{query}")
    return driver_arguments(url.get_dialect()().create_connect_args(url)[1])


def test_settings_of_the_server_in_a_url_are_sent_to_it() -> None:
    query = "application_name=shop&options=-c%20geqo%3Doff&schema=sales&keepalives_idle=30"
    assert arguments(query)["server_settings"] == {
        "application_name": "shop",
        "options": "-c geqo=off -c search_path=sales",
    }


def test_a_url_may_have_several_hosts() -> None:
    found = arguments("target_session_attrs=read-write", host="one:5433,two")
    assert (found["host"], found["port"]) == (["one", "two"], [5433, 5432])
    assert found["target_session_attrs"] == "read-write"
    assert arguments("options=/a,b/c", host="h:1")["host"] == "h"
    assert parse_url("postgresql://u:a,b@h/shop").password == "a,b"


def test_tls_may_begin_without_a_question() -> None:
    found = arguments("sslmode=require&sslnegotiation=direct")
    assert (found["ssl"], found["direct_tls"]) == ("require", True)
    assert arguments("sslnegotiation=postgres")["direct_tls"] is False


@pytest.mark.parametrize(
    ("values", "pooled"),
    [
        ({"database_url": "postgres://h:6543/shop"}, True),
        ({"database_url": SecretStr("postgres://h/shop?pgbouncer=true")}, True),
        ({"database_url": "postgres://ep-1-pooler.eu.aws.neon.tech/shop"}, True),
        ({"database_url": "postgres://h/shop"}, False),
        ({"database_host": "h", "database_port": "6432", "database_name": "shop"}, True),
        ({"database_host": "h", "database_port": 5432, "database_name": "shop"}, False),
        ({"database_url": "postgres://h:6543/shop", "database_pooler": "false"}, False),
    ],
)
def test_the_url_of_a_pooler_switches_its_mode_on(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], pooled: bool
) -> None:
    for name in ("DATABASE_URL", "DATABASE_POOLER"):
        monkeypatch.delenv(name, raising=False)
    assert Settings(_env_file=None, **values).database_pooler is pooled


def test_behind_a_pooler_the_engine_uses_no_session_state() -> None:
    arguments = driver.engine_options(POOLER, statement_timeout=30)["connect_args"]
    assert "server_settings" not in arguments
    assert arguments["statement_cache_size"] == arguments["prepared_statement_cache_size"] == 0
    assert arguments["prepared_statement_name_func"]() == ""
    assert arguments["command_timeout"] == 31
    assert driver.read_options(POOLER) == {}


async def test_behind_a_pooler_a_read_is_in_a_transaction() -> None:
    async with small_engine(database_pooler=True) as engine:
        assert await greenlet_spawn(_reads_alone, engine.sync_engine) is False


def _reads_alone(engine: Engine) -> Any:
    with driver.read_connection(engine, POOLER) as connection:
        connection.execute(select(literal(1)))
        return connection.connection.dbapi_connection.autocommit  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("check", "target", "expected"),
    [
        (None, None, False),
        (None, "any", False),
        (None, "read-write", False),
        (None, "prefer-standby", True),
        (None, "standby", True),
        ("read", None, True),
        ("write", "standby", False),
    ],
)
def test_a_url_of_a_standby_makes_readiness_need_no_writes(
    check: str | None, target: str | None, expected: bool
) -> None:
    url = "postgresql://h/shop" + (f"?target_session_attrs={target}" if target else "")
    changes = {"database_url": SecretStr(url), "readiness_check": check}
    assert only_reads(get_settings().model_copy(update=changes)) == expected
