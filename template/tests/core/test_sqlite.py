"""What SQLite's errors mean, and how its URLs may be spelled."""

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError

from app.core import sqlite as driver
from app.core.database_url import MEMORY, parse_url

CONFLICTS = [787, 1555, 2067, 2579]
INVALID = [18, 20]
UNAVAILABLE = [5, 6, 8, 9, 10, 13, 14, 517, 2570]
OURS = [1, 275, 1299, 0]


@pytest.mark.parametrize("code", [*CONFLICTS, *INVALID, *UNAVAILABLE, *OURS])
def test_an_error_has_one_meaning(code: int) -> None:
    cause = sqlite3.Error()
    cause.sqlite_errorcode = code
    error = DBAPIError("statement", {}, cause)
    assert driver.is_conflict(error) is (code in CONFLICTS)
    assert driver.is_invalid(error) is (code in INVALID)
    assert driver.is_unavailable(error) is (code in UNAVAILABLE)


@pytest.mark.parametrize("spelling", ["sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"])
@pytest.mark.parametrize("path", ["shop.db", "/data/shop.db", "a b%c.db"])
def test_any_usual_spelling_becomes_the_async_driver(spelling: str, path: str) -> None:
    url = parse_url(f" {spelling}:///{path}\n")
    assert (url.drivername, url.database) == ("sqlite+aiosqlite", path)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", str(MEMORY)])
def test_a_database_in_memory_is_shared_by_the_process(url: str) -> None:
    assert parse_url(url) == MEMORY


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("oracle://h/shop", "this service keeps its data in SQLite"),
        ("shop.db", "it must have the form sqlite:///PATH"),
        ("sqlite://shop.db", "three slashes before a path of the working folder"),
        ("sqlite:///shop.db?mode=ro", "it has the parameter mode, and none is accepted"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_url(url)
