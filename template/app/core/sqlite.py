"""SQLite through aiosqlite: how to connect, and what its errors mean."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from app.core.config import Settings
from app.core.database_url import is_in_memory
from app.core.sqlite_limit import interrupt, limit_statements

# Result codes, https://www.sqlite.org/rescode.html; the primary code is the lowest byte.
CONFLICTS = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    }
)
INVALID = frozenset({sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG})
UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)

# What SQLAlchemy passes on as it is when it happens while connecting: there is no thread to be had.
UNWRAPPED = (RuntimeError,)

# All revisions of an upgrade are one transaction.
MIGRATION_OPTIONS: dict[str, Any] = {"render_as_batch": True, "transactional_ddl": True}

# How long SQLite itself waits for a lock, in seconds. A thread that waits can't be told to stop, so
# the longer wait for the turn to write is done here.
BUSY_TIMEOUT = 0.1
# In memory there is no write-ahead log: who reads and who commits wait for each other too.
MEMORY_TIMEOUT = 5.0


def read_options(settings: Settings) -> dict[str, Any]:
    """Return the execution options of sessions that only read.

    Without a transaction a read waits for no writer, and no writer for it. Each statement then sees
    what is committed when it starts.
    """
    return {"sqlite_begin": None}


def connect_to_read(engine: Engine) -> Connection:
    """Return a connection for one statement, outside a transaction as `read_options` say."""
    return engine.connect().execution_options(sqlite_begin=None)


def engine_options(settings: Settings, *, statement_timeout: float | None) -> dict[str, Any]:
    """Return the keyword arguments for `create_async_engine` that only this driver knows.

    A statement may take `statement_timeout` seconds; None sets no limit, nor one to waiting.
    """
    lock_timeout = statement_timeout and settings.database_lock_timeout
    return {
        "connect_args": {
            "isolation_level": None,
            "timeout": MEMORY_TIMEOUT if is_in_memory(settings.url) else BUSY_TIMEOUT,
        },
        "execution_options": {"statement_timeout": statement_timeout, "lock_timeout": lock_timeout},
    }


def watch(engine: Engine) -> None:
    """Prepare each connection, begin what writes as such, and end statements that take too long."""
    if is_in_memory(engine.url):
        _keep(engine.url)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    limit_statements(engine)
    event.listen(engine, "handle_error", _name_overflow)
    event.listen(engine, "invalidate", _roll_back)


def _prepare(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    # An answer that says "stored" is true after a power failure too: with WAL that takes FULL.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads before it writes could not wait for another writer: it would fail.
    options = connection.get_execution_options()
    mode, timeout = options.get("sqlite_begin", "IMMEDIATE"), options.get("lock_timeout")
    started = time.monotonic()
    while mode is not None:
        try:
            connection.exec_driver_sql(f"BEGIN {mode}")
        except OperationalError as error:
            is_late = timeout is not None and time.monotonic() - started > timeout
            if _code(error) & 0xFF != sqlite3.SQLITE_BUSY or is_late:
                raise
        else:
            return


def _name_overflow(context: ExceptionContext) -> None:
    error = context.original_exception
    if isinstance(error, OverflowError):
        raise DataError(context.statement, None, error) from error


def _roll_back(connection: Any, record: object, error: object) -> None:
    # A connection is closed in the middle of a statement when its caller has left. It would keep
    # others from writing for as long as anything refers to the statement.
    interrupt(connection)
    with suppress(sqlite3.Error):
        connection.rollback()


_kept: dict[str, sqlite3.Connection] = {}


def _keep(url: URL) -> None:
    # A database in memory ends with its last connection.
    name = f"{url.database}?vfs=memdb"
    if name not in _kept:
        _kept[name] = sqlite3.connect(name, uri=True, check_same_thread=False)


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether a unique or foreign-key constraint refused the statement."""
    return _code(error) in CONFLICTS


def is_invalid(error: DBAPIError) -> bool:
    """Tell whether the database could not take a value, such as one that is too large."""
    return isinstance(error, DataError) or _code(error) in INVALID


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the same statement may succeed later: the fault is not the statement's."""
    return _code(error) & 0xFF in UNAVAILABLE


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """Let migrations rebuild tables; that one process at a time writes is SQLite's own rule.

    Foreign keys are checked before the commit instead of at each statement, since dropping a table
    would delete what refers to its rows.

    Raises:
        sqlalchemy.exc.IntegrityError: when rows refer to rows that are not there.
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
        error = sqlite3.IntegrityError(f"rows of {tables} refer to rows that are not there")
        raise IntegrityError("COMMIT", None, error)


def _code(error: DBAPIError) -> int:
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code
