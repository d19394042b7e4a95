"""URL parameters of PostgreSQL, and the mode for a pooler."""

from typing import Any

from sqlalchemy import Engine, literal, select
from sqlalchemy.util import greenlet_spawn

from app.core.config import get_settings
from app.core.engine import driver
from app.core.engine.url import parse_url
from tests.platform.small_engine import small_engine

POOLER = get_settings().model_copy(update={"database_pooler": True})


def test_sslmode_becomes_the_parameter_of_the_driver() -> None:
    assert parse_url("postgres://h/shop?sslmode=require").query == {"ssl": "require"}


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
