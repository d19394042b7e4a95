"""Run a transaction again that lost a conflict with another one."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from structlog import get_logger

from app.core.database import engine, session_scope
from app.core.engine import driver
from app.core.engine.request_connections import holds_connection
from app.core.errors import SecondConnectionError

ResultT = TypeVar("ResultT")

# Seconds: the longest wait before the second attempt doubles with each attempt up to the maximum.
FIRST_WAIT = 0.02
MAXIMUM_WAIT = 1.0

logger = get_logger(__name__)


async def run_transaction(
    work: Callable[[AsyncSession], Awaitable[ResultT]], *, attempts: int = 5
) -> ResultT:
    """Run `work` in a transaction of its own, and once more after each conflict.

    A conflict is a deadlock, a serialization failure, or a row with another version: the database
    has rolled everything back. After another error, such as a lost connection, nothing is repeated:
    the transaction may have been committed.

    Args:
        work: the whole unit. It reads with the session that it gets, changes rows, and returns
            schemas or entities. It can run several times, so it has no other effects: it sends no
            e-mail, calls no other service and changes no object from outside.
        attempts: how often `work` runs at most. Between two attempts is a random wait of up to
            20 ms, then 40 ms, 80 ms … and at most a second; it holds no connection.

    Returns:
        The result of `work` in the transaction that was committed.

    Raises:
        SecondConnectionError: when the request is in a transaction already.
        sqlalchemy.exc.DBAPIError: when the last attempt has a conflict too: a 503 in a route.
        sqlalchemy.orm.exc.StaleDataError: likewise for a row with another version: a 409.
    """
    if holds_connection(engine.pool):
        raise SecondConnectionError(
            "This request is in a transaction already. A route that calls run_transaction declares"
            " no CurrentSessionTransaction."
        )
    for attempt in range(1, attempts):
        try:
            async with session_scope() as session:
                return await work(session)
        except (DBAPIError, StaleDataError) as error:
            if isinstance(error, DBAPIError) and not _is_retryable(error):
                raise
            logger.info("transaction_retried", attempt=attempt, reason=type(error).__name__)
        longest = min(FIRST_WAIT * 2 ** (attempt - 1), MAXIMUM_WAIT)
        await asyncio.sleep(random.uniform(0, longest))  # noqa: S311
    async with session_scope() as session:
        return await work(session)


def _is_retryable(error: DBAPIError) -> bool:
    return not error.connection_invalidated and driver.is_retryable(error)
