"""SQLite through aiosqlite: connections, time limits and errors."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolResetState

from app.core.config import Settings
from app.core.engine import result_codes
from app.core.engine.foreign_keys import foreign_key_violation
from app.core.engine.statement_timeout import limit_statements, limited
from app.core.engine.url import is_in_memory, keep_in_memory
from app.core.errors import Violation

# Events of statements to which this module listens.
LISTENERS = frozenset({"before_cursor_execute", "after_cursor_execute"})

# Exceptions that SQLAlchemy does not wrap when connecting fails: no thread can be started.
CONNECT_ERRORS = (RuntimeError,)

# All revisions of an upgrade are one transaction.
MIGRATION_OPTIONS: dict[str, Any] = {"render_as_batch": True, "transactional_ddl": True}

# Seconds that SQLite itself waits for a lock. A waiting thread cannot be interrupted, so the longer
# wait for the write lock is done in `_begin`.
BUSY_TIMEOUT = 0.1
# In memory there is no write-ahead log, so readers and writers wait for each other.
MEMORY_TIMEOUT = 5.0


def read_options(settings: Settings) -> dict[str, Any]:
    """Return the execution options of read-only sessions.

    Without a transaction readers and writers do not wait for each other, and each statement sees
    the data that is committed when it starts.
    """
    return {"sqlite_begin": None}


def direct_engine(engine: Engine, settings: Settings) -> Engine | None:
    """Return `engine` if the driver may run a single read without a transaction, else None."""
    return engine


def read_connection(engine: Engine, settings: Settings) -> Connection:
    """Return a connection for one statement, outside a transaction."""
    return engine.connect().execution_options(sqlite_begin=None)


def engine_options(settings: Settings, *, statement_timeout: float | None) -> dict[str, Any]:
    """Return the arguments of `create_async_engine` for this driver.

    `statement_timeout` is in seconds; None means no limit, also for waiting.
    """
    lock_timeout = statement_timeout and settings.database_lock_timeout
    return {
        "connect_args": {
            "isolation_level": None,
            "timeout": MEMORY_TIMEOUT if is_in_memory(settings.sqlalchemy_url) else BUSY_TIMEOUT,
        },
        "execution_options": {"statement_timeout": statement_timeout, "lock_timeout": lock_timeout},
    }


def pool_options(settings: Settings) -> dict[str, Any]:
    """Return the pool's arguments for this driver."""
    # See `_reset`.
    return {"pool_reset_on_return": None}


def register_listeners(engine: Engine) -> None:
    """Set up each connection, begin write transactions, and end slow statements."""
    if is_in_memory(engine.url):
        keep_in_memory(engine.url)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "reset", _reset)
    limit_statements(engine)
    event.listen(engine, "handle_error", _translate_overflow)


def _prepare(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    # With WAL, only FULL keeps a committed row through a power failure.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _reset(connection: Any, record: object, state: PoolResetState) -> None:
    # A rollback is a call of the connection's thread, also without a transaction.
    if not state.terminate_only and connection.driver_connection.in_transaction:
        connection.rollback()


def is_ready(connection: Any) -> bool:
    """Return whether the driver's connection can be used at once."""
    return True


async def fetch(connection: Connection, sql: str, arguments: list[Any]) -> Any:
    """Return the driver's rows of a statement."""
    raw: Any = connection.connection.driver_connection
    with limited(connection):
        return await raw.execute_fetchall(sql, arguments)


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a transaction that reads first and writes later could not wait for a writer.
    options = connection.get_execution_options()
    mode, timeout = options.get("sqlite_begin", "IMMEDIATE"), options.get("lock_timeout")
    started = time.monotonic()
    while mode is not None:
        try:
            connection.exec_driver_sql(f"BEGIN {mode}")
        except OperationalError as error:
            is_late = timeout is not None and time.monotonic() - started > timeout
            if result_codes.code_of(error) & 0xFF != sqlite3.SQLITE_BUSY or is_late:
                raise
        else:
            return


def _translate_overflow(context: ExceptionContext) -> None:
    error = context.original_exception
    if isinstance(error, OverflowError):
        raise DataError(context.statement, None, error) from error


async def on_startup(engine: AsyncEngine, settings: Settings, metadata: MetaData) -> None:
    """Create the tables of a database in memory; a file is migrated before the start."""
    if is_in_memory(settings.sqlalchemy_url):
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)


def is_conflict(error: DBAPIError) -> bool:
    """Return whether a unique or foreign-key constraint was violated."""
    return (
        result_codes.code_of(error) in result_codes.CONFLICTS
        or str(error.orig) == result_codes.FOREIGN_KEY
    )


def is_invalid(error: DBAPIError) -> bool:
    """Return whether a value is invalid: too large for its column, or against a CHECK."""
    return isinstance(error, DataError) or result_codes.code_of(error) in result_codes.INVALID


def violation(error: DBAPIError) -> Violation | None:
    """Return the rule that a change violates, without values and names; None if it is unknown."""
    if str(error.orig) == result_codes.FOREIGN_KEY:
        return foreign_key_violation(error)
    return result_codes.VIOLATIONS.get(result_codes.code_of(error))


def is_unavailable(error: DBAPIError) -> bool:
    """Return whether the same statement may succeed later: the cause is outside of it."""
    return result_codes.code_of(error) & 0xFF in result_codes.UNAVAILABLE


def is_retryable(error: DBAPIError) -> bool:
    """Return whether a conflict with another transaction has rolled the whole transaction back."""
    return result_codes.code_of(error) == sqlite3.SQLITE_BUSY_SNAPSHOT


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """Let migrations rebuild tables. SQLite itself allows one writer at a time.

    Foreign keys are checked before the commit instead of by each statement, since dropping a table
    would delete the rows that refer to it.

    Raises:
        sqlalchemy.exc.IntegrityError: when rows refer to rows that do not exist.
    """
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    event.listen(connection, "commit", _check_foreign_keys)
    yield
    event.remove(connection, "commit", _check_foreign_keys)
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _check_foreign_keys(connection: Connection) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        tables = ", ".join(sorted({row[0] for row in broken}))
        error = sqlite3.IntegrityError(f"rows of {tables} refer to rows that do not exist")
        raise IntegrityError("COMMIT", None, error)
