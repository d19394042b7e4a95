"""What MySQL's errors mean, and how its URLs may be spelled."""

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from app.core import mysql as driver
from app.core.database_url import parse_url

CONFLICTS = [1062, 1216, 1451, 1452, 1761]
INVALID = [1264, 1366, 1406]
UNAVAILABLE = [1040, 1114, 1290, 1053, 1205, 1213, 1317, 2003, 2006, 2013, 3024, 4031]
OURS = [1048, 1064, 1146, 3819, "no code"]

SPELLINGS = ["mysql", "mysql+asyncmy", "mysql+pymysql", "mysql+aiomysql", "mariadb"]


class ServerError(Exception):
    pass


@pytest.mark.parametrize("code", [*CONFLICTS, *INVALID, *UNAVAILABLE, *OURS])
def test_an_error_of_the_server_has_one_meaning(code: object) -> None:
    error = DBAPIError("statement", {}, ServerError(code))
    assert driver.is_conflict(error) is (code in CONFLICTS)
    assert driver.is_invalid(error) is (code in INVALID)
    assert driver.is_unavailable(error) is (code in UNAVAILABLE)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_any_usual_spelling_becomes_the_async_driver(spelling: str) -> None:
    url = parse_url(f" {spelling}://shop:secret@db.example:4000/shop\n")
    assert url == make_url("mysql+asyncmy://shop:secret@db.example:4000/shop")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a%25b", "a%b"), ("100%", "100%"), ("a%40b", "a@b"), ("a/b", "a/b"), ("a:b", "a:b")],
)
def test_a_password_may_hold_any_character(written: str, meant: str) -> None:
    url = parse_url(f"mysql://shop:{written}@db.example/shop")
    assert (url.password, url.host, url.database) == (meant, "db.example", "shop")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("oracle://h/shop", "this service keeps its data in MySQL"),
        ("shop", "it must have the form mysql://USER:PASSWORD@HOST:PORT/NAME"),
        ("mysql://u:p@h:port/shop", "it must have the form"),
        ("mysql://u:p@h", "it names no database"),
        ("mysql://u:a@b@h/shop", "must be percent-encoded: write %40 for @"),
        ("mysql://h/shop?colour=blue", "it has the parameter colour, and accepted are"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_url(url)


def test_the_charset_is_left_to_the_engine() -> None:
    assert parse_url("mysql://h/shop?charset=utf8").query == {}
