import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from app.core.config import get_settings
from app.core.engine.unavailable import exit_if_unavailable
from app.core.errors import DatabaseUnavailableError

URL = get_settings().sqlalchemy_url


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DatabaseUnavailableError("closed"), "closed"),
        (caused(DatabaseUnavailableError(), OSError(111, "refused")), "[Errno 111] refused"),
        (caused(DatabaseUnavailableError(), TimeoutError()), "it did not respond in time"),
        (OperationalError("SELECT", None, Exception(1045, "Access\ndenied.")), "Access denied"),
        (OperationalError("SELECT", None, Exception()), "Exception"),
        (
            OperationalError("SELECT", None, caused(TimeoutError(), asyncio.CancelledError())),
            "it did not respond in time",
        ),
    ],
)
async def test_the_sentence_has_the_reason(error: Exception, reason: str) -> None:
    with pytest.raises(SystemExit, match="The database ") as stop:
        async with exit_if_unavailable(URL):
            raise error
    assert str(stop.value).endswith(f" is not available: {reason}.")
    assert "SELECT" not in str(stop.value)


async def test_the_sentence_has_no_user_and_no_password() -> None:
    url = URL.set(username="someone", password="top-secret", query={"key": "top-secret"})
    with pytest.raises(SystemExit) as stop:
        async with exit_if_unavailable(url):
            raise DatabaseUnavailableError("closed")
    assert str(url.database) in str(stop.value)
    assert "someone" not in str(stop.value)
    assert "top-secret" not in str(stop.value)


async def test_other_errors_stay() -> None:
    with pytest.raises(LookupError):
        async with exit_if_unavailable(URL):
            raise LookupError
