"""The end of a command whose database cannot be reached."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from app.core.engine import driver
from app.core.engine.addresses import NoUsableHostError, place
from app.core.errors import DatabaseUnavailableError

ERRORS = (*driver.CONNECT_ERRORS, DBAPIError, DatabaseUnavailableError)


@asynccontextmanager
async def exit_if_unavailable(url: URL) -> AsyncIterator[None]:
    """Open a connection to `url` in this block.

    Raises:
        SystemExit: with one sentence, when the connection cannot be opened.
    """
    try:
        yield
    except ERRORS as error:
        reason = _reason(error)
    else:
        return
    # A driver may still end a thread, which needs the event loop.
    await asyncio.sleep(0.1)
    raise SystemExit(f"The database {place(url)} is not available: {reason}.")


def _reason(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    # The cause of a time-out is the cancelled wait, which tells nothing.
    if not isinstance(cause, TimeoutError | NoUsableHostError):
        cause = cause.__cause__ or cause
    if isinstance(cause, TimeoutError) and not cause.args:
        return "it did not respond in time"
    if not cause.args:
        return type(cause).__name__
    text = str(cause) if isinstance(cause, OSError) else str(cause.args[-1])
    return " ".join(text.split()).rstrip(".")
