"""MySQL through asyncmy: how to connect, and what its errors mean."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncmy
from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, Table, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError

from app.core.config import Settings

# Server and client codes, https://dev.mysql.com/doc/mysql-errors/9.4/en/
CONFLICTS = frozenset({1062, 1216, 1217, 1451, 1452, 1761, 1762})
INVALID = frozenset({1264, 1265, 1267, 1292, 1366, 1406, 1690, 3140, 3988})
UNAVAILABLE = frozenset(
    {1021, 1037, 1040, 1041, 1044, 1045, 1047, 1049, 1053, 1114, 1129, 1203, 1205, 1213, 1226}
    | {1290, 1317, 1792, 1836, 1927, 1969, 2003, 2006, 2013, 2014, 2055, 3024, 3101, 3572, 4031}
)
# A server that became a replica: another connection may lead to the one that took over.
READ_ONLY = frozenset({1290, 1792, 1836})

# What SQLAlchemy passes on as it is when it happens while connecting.
UNWRAPPED = (OSError, TimeoutError)

MIGRATION_OPTIONS: dict[str, Any] = {}

CONNECTION_LIMIT = text("SELECT @@max_connections")
IDLE_LIMIT = text("SELECT @@wait_timeout")

# Text is equal when it has the same characters, and ordered by code point; MariaDB has it too.
COLLATION = "utf8mb4_bin"
# On top of what the server has: a value that does not fit its column is refused, never cut.
SQL_MODE = "TRADITIONAL"


def read_options(settings: Settings) -> dict[str, Any]:
    """Return the execution options of sessions that only read: leaving a transaction costs more."""
    return {}


def connect_to_read(engine: Engine) -> Connection:
    """Return a connection for one statement."""
    return engine.connect()


def engine_options(settings: Settings, *, statement_timeout: float | None) -> dict[str, Any]:
    """Return the keyword arguments for `create_async_engine` that only this driver knows.

    A statement may take `statement_timeout` seconds; None sets no limit.
    """

    async def connect(*args: Any, **kwargs: Any) -> Any:
        async with asyncio.timeout(settings.database_connect_timeout):
            return await asyncmy.connect(*args, **kwargs)

    connect_args: dict[str, Any] = {"async_creator_fn": connect, "charset": "utf8mb4"}
    session = [
        "time_zone = '+00:00'",
        f"sql_mode = CONCAT(@@sql_mode, ',{SQL_MODE}')",
    ]
    if statement_timeout is not None:
        # Whole seconds, for rows and for tables that are being altered.
        lock_timeout = max(1, round(settings.database_lock_timeout))
        session += [
            f"innodb_lock_wait_timeout = {lock_timeout}",
            f"lock_wait_timeout = {lock_timeout}",
            # Each server runs the comment that is meant for it and skips the other's.
            f"/*!50708 max_execution_time = {round(statement_timeout * 1000)} */"
            f"/*M!100101 max_statement_time = {statement_timeout} */",
        ]
        # Bounds what the server's own limits can't: a network that went silent.
        connect_args["read_timeout"] = statement_timeout + 1
    connect_args["init_command"] = "SET " + ", ".join(session)
    return {
        "connect_args": connect_args,
        "pool_pre_ping": settings.database_pool_pre_ping,
    }


@event.listens_for(Table, "after_parent_attach")
def _state_collation(table: Table, metadata: MetaData) -> None:
    # Whatever the database's own default is, for models and for tables that revisions create.
    table.dialect_kwargs.setdefault("mysql_collate", COLLATION)


def watch(engine: Engine) -> None:
    """Replace connections that the server ended, whether or not the pool pings too."""
    event.listen(engine, "checkout", _refuse_closed)
    event.listen(engine, "handle_error", _leave_replica)


def _refuse_closed(connection: Any, record: object, proxy: object) -> None:
    # What the driver knows already, so it costs no round trip; it has no public name for it.
    if connection.driver_connection._stream_broken:
        raise DisconnectionError


def _leave_replica(context: ExceptionContext) -> None:
    if context.original_exception.args[:1] and context.original_exception.args[0] in READ_ONLY:
        context.is_disconnect = True


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether a unique or foreign-key constraint refused the statement."""
    return _code(error) in CONFLICTS


def is_invalid(error: DBAPIError) -> bool:
    """Tell whether the server could not take a value, such as one out of its column's range."""
    return _code(error) in INVALID


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the same statement may succeed later: the fault is not the statement's."""
    return _code(error) in UNAVAILABLE


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """Let one process at a time migrate a database; DDL commits, so no transaction could."""
    name = {"name": f"migrate {connection.engine.url.database}"[:64]}
    # A day, since MariaDB takes no -1 for "without limit": it would give no lock at all.
    connection.execute(text("SELECT GET_LOCK(:name, 86400)"), name)
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), name)


def _code(error: DBAPIError) -> int:
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0
