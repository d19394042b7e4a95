"""What PostgreSQL's errors mean, and how its URLs may be spelled."""

from typing import Any

import pytest
from sqlalchemy import Engine, literal, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import greenlet_spawn

from app.core import postgresql as driver
from app.core.config import get_settings
from app.core.database_url import parse_url
from tests.small import small_engine

CONFLICTS = ["23503", "23505", "23P01"]
INVALID = ["22001", "22003", "22021"]
UNAVAILABLE = ["08006", "25006", "40001", "40P01", "53300", "55P03", "57014", "57P01"]
OURS = ["22012", "22023", "23502", "23514", "42601", "42P01", ""]

SPELLINGS = ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"]


class ServerError(Exception):
    def __init__(self, code: str) -> None:
        self.sqlstate = code


@pytest.mark.parametrize("code", [*CONFLICTS, *INVALID, *UNAVAILABLE, *OURS])
def test_an_error_of_the_server_has_one_meaning(code: str) -> None:
    error = DBAPIError("statement", {}, ServerError(code))
    assert driver.is_conflict(error) is (code in CONFLICTS)
    assert driver.is_invalid(error) is (code in INVALID)
    assert driver.is_unavailable(error) is (code in UNAVAILABLE)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_any_usual_spelling_becomes_the_async_driver(spelling: str) -> None:
    url = parse_url(f" {spelling}://shop:secret@db.example:4000/shop\n")
    assert url == make_url("postgresql+asyncpg://shop:secret@db.example:4000/shop")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a%25b", "a%b"), ("100%", "100%"), ("a%40b", "a@b"), ("a/b", "a/b"), ("a:b", "a:b")],
)
def test_a_password_may_hold_any_character(written: str, meant: str) -> None:
    url = parse_url(f"postgresql://shop:{written}@db.example/shop")
    assert (url.password, url.host, url.database) == (meant, "db.example", "shop")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("oracle://h/shop", "this service keeps its data in PostgreSQL"),
        ("shop", "it must have the form postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ("postgresql://u:p@h:port/shop", "it must have the form"),
        ("postgresql://u:p@h", "it names no database"),
        ("postgresql://u:a@b@h/shop", "must be percent-encoded: write %40 for @"),
        ("postgresql://h/shop?colour=blue", "it has the parameter colour, and accepted are"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_url(url)


def test_sslmode_becomes_the_drivers_own_parameter() -> None:
    assert parse_url("postgres://h/shop?sslmode=require").query == {"ssl": "require"}


def test_behind_a_pooler_nothing_outlasts_a_transaction() -> None:
    settings = get_settings().model_copy(update={"database_pooler": True})
    arguments = driver.engine_options(settings, statement_timeout=30)["connect_args"]
    assert "server_settings" not in arguments
    assert arguments["statement_cache_size"] == arguments["prepared_statement_cache_size"] == 0
    assert arguments["prepared_statement_name_func"]() == ""
    assert arguments["command_timeout"] == 31
    assert driver.read_options(settings) == {}


async def test_behind_a_pooler_a_read_is_in_a_transaction() -> None:
    async with small_engine(database_pooler=True) as engine:
        assert await greenlet_spawn(_reads_alone, engine.sync_engine) is False


def _reads_alone(engine: Engine) -> Any:
    with driver.connect_to_read(engine) as connection:
        connection.execute(select(literal(1)))
        return connection.connection.dbapi_connection.autocommit  # type: ignore[union-attr]
