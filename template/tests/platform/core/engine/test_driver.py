"""Error codes and URL spellings of the driver."""

from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from app.core.engine import driver
from app.core.engine.url import parse_url
from tests.platform import database_server as server

CODES = [*server.CONFLICTS, *server.INVALID, *server.UNAVAILABLE, *server.OTHER]


@pytest.mark.parametrize("code", CODES)
def test_an_error_code_has_one_class(code: Any) -> None:
    error = DBAPIError("statement", {}, server.DriverError(code))
    assert driver.is_conflict(error) is (code in server.CONFLICTS)
    assert driver.is_invalid(error) is (code in server.INVALID)
    assert driver.is_unavailable(error) is (code in server.UNAVAILABLE)


@pytest.mark.parametrize("code", CODES)
def test_a_rule_is_named_only_where_a_change_is_refused(code: Any) -> None:
    violation = driver.violation(DBAPIError(None, None, server.DriverError(code)))
    assert violation is None or code in [*server.CONFLICTS, *server.INVALID]


@pytest.mark.parametrize(("spelling", "meant"), server.SPELLINGS.items())
def test_each_spelling_of_a_url_becomes_the_async_driver(spelling: str, meant: str) -> None:
    assert parse_url(spelling) == make_url(meant)


@pytest.mark.parametrize(("url", "message"), server.REFUSED_URLS)
def test_an_invalid_url_is_refused_with_a_message(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_url(url)
