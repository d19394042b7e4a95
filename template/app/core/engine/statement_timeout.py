"""A time limit for each statement, since SQLite has none."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event


def limit_statements(engine: Engine) -> None:
    """Interrupt statements that take longer than the execution option `statement_timeout` (s)."""
    event.listen(engine, "before_cursor_execute", _start_clock)
    event.listen(engine, "after_cursor_execute", _stop_clock)
    event.listen(engine, "handle_error", _stop_clock_of_error)
    event.listen(engine, "invalidate", _roll_back)


@contextmanager
def limited(connection: Connection) -> Iterator[None]:
    """Interrupt a statement that the driver itself runs in the block, in the same way."""
    running = SimpleNamespace(clock=_clock(connection))
    try:
        yield
    finally:
        _stop(running)


def interrupt(connection: Any) -> None:
    """Interrupt the running statement of a connection, which then fails."""
    # The coroutine awaits nothing, so one step runs all of it.
    with suppress(StopIteration):
        connection.driver_connection.interrupt().send(None)


def _roll_back(connection: Any, record: object, error: object) -> None:
    # A cancelled caller leaves a connection in the middle of a statement. Its write lock would last
    # as long as anything refers to the statement.
    interrupt(connection)
    with suppress(sqlite3.Error):
        connection.rollback()


def _start_clock(
    connection: Connection, cursor: object, statement: str, values: object, context: Any, many: bool
) -> None:
    context.clock = _clock(connection)


def _clock(connection: Connection) -> asyncio.TimerHandle | None:
    timeout = connection.get_execution_options().get("statement_timeout")
    if timeout is None:
        return None
    loop = asyncio.get_running_loop()
    return loop.call_later(timeout, interrupt, connection.connection.dbapi_connection)


def _stop_clock(
    connection: Connection, cursor: object, statement: str, values: object, context: Any, many: bool
) -> None:
    _stop(context)


def _stop_clock_of_error(context: ExceptionContext) -> None:
    _stop(context.execution_context)


def _stop(context: Any) -> None:
    if clock := getattr(context, "clock", None):
        clock.cancel()
