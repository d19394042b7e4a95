"""MySQL through asyncmy: connections, time limits and errors."""

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, Table, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.core.engine import error_codes
from app.core.engine.addresses import addresses
from app.core.engine.limits import warn_about_limits
from app.core.engine.migration_lock.lease import Errors
from app.core.engine.migration_lock.lock_row import include_name
from app.core.engine.migration_lock.named_lock import cluster_of, migration_lock_of
from app.core.engine.primary import connector
from app.core.errors import Violation

LISTENERS: frozenset[str] = frozenset()  # events of statements to which this module listens

# Exceptions that SQLAlchemy does not wrap when connecting fails.
CONNECT_ERRORS = (OSError, TimeoutError)

# A server that becomes a replica keeps its connections, and one that is away comes back: with
# several hosts, a connection is opened anew after these seconds.
MOVE_SECONDS = 60

MIGRATION_OPTIONS: dict[str, Any] = {"include_name": include_name}

# 0 on TiDB: no limit.
CONNECTION_LIMIT = text("SELECT @@max_connections")
IDLE_TIMEOUT = text("SELECT @@wait_timeout")

# Text compares by code point, so only equal characters are equal; MariaDB has it too.
COLLATION = "utf8mb4_bin"
# Added to the server's modes: a value out of range is refused, never truncated.
SQL_MODE = "TRADITIONAL"

# A connection that needs a ping within these seconds is not ready: the checkout reads the clock
# again.
SOON = 0.1


def read_options(settings: Settings) -> dict[str, Any]:
    """Return the execution options of read-only sessions.

    Without a transaction a read is one round trip instead of two, and each statement sees the data
    that is committed when it starts.
    """
    return {"isolation_level": "AUTOCOMMIT"}


def direct_engine(engine: Engine, settings: Settings) -> Engine | None:
    """Return `engine` if the driver may run a single read without a transaction, else None."""
    return engine


def read_connection(engine: Engine, settings: Settings) -> Connection:
    """Return a connection for one statement, outside a transaction."""
    connection = engine.connect()
    # SQLAlchemy's isolation level AUTOCOMMIT has the same effect and costs more.
    connection.connection.driver_connection.autocommit_mode = True  # type: ignore[union-attr]
    return connection


def engine_options(settings: Settings, *, statement_timeout: float | None) -> dict[str, Any]:
    """Return the arguments of `create_async_engine` for this driver.

    `statement_timeout` is in seconds; None means no limit.
    """
    connect_args: dict[str, Any] = {"async_creator_fn": connector(settings), "charset": "utf8mb4"}
    session = [
        "time_zone = '+00:00'",
        f"sql_mode = CONCAT(@@sql_mode, ',{SQL_MODE}')",
    ]
    if statement_timeout is not None:
        # Whole seconds: one limit for rows, one for tables.
        lock_timeout = max(1, round(settings.database_lock_timeout))
        session += [
            f"innodb_lock_wait_timeout = {lock_timeout}",
            f"lock_wait_timeout = {lock_timeout}",
            # MySQL runs the first comment, MariaDB the second.
            f"/*!50708 max_execution_time = {round(statement_timeout * 1000)} */"
            f"/*M!100101 max_statement_time = {statement_timeout} */",
        ]
        # Also ends the wait when the network is silent and the server's limits have no effect.
        connect_args["read_timeout"] = statement_timeout + 1
    connect_args["init_command"] = "SET " + ", ".join(session)
    return {"connect_args": connect_args}


def pool_options(settings: Settings) -> dict[str, Any]:
    """Return the pool's arguments for this driver."""
    recycle = settings.database_pool_recycle
    if len(addresses(settings.sqlalchemy_url)) > 1:
        recycle = min(recycle, MOVE_SECONDS)
    return {
        "pool_pre_ping": settings.database_pool_pre_ping,
        "pool_recycle": recycle,
        "pool_use_lifo": settings.database_pool_use_lifo,
    }


@event.listens_for(Table, "after_parent_attach")
def _set_collation(table: Table, metadata: MetaData) -> None:
    # For models and for the tables of revisions, independent of the database's default.
    table.dialect_kwargs.setdefault("mysql_collate", COLLATION)


def register_listeners(engine: Engine) -> None:
    """Replace closed connections, also without pre-ping."""
    event.listen(engine, "checkout", _check_not_closed)
    event.listen(engine, "checkin", _end_autocommit)
    event.listen(engine, "handle_error", _leave_server)


def _end_autocommit(connection: Any, record: object) -> None:
    # The mode of the next transaction; see `autocommit.Dialect`.
    if connection is not None:
        connection.driver_connection.autocommit_mode = False


def _check_not_closed(connection: Any, record: object, proxy: object) -> None:
    # The driver knows the state already, so no round trip is needed.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def is_ready(connection: Any) -> bool:
    """Return whether the driver's connection can be used at once: it is open and needs no ping."""
    return not connection.is_closed() and not connection.needs_ping(SOON)


async def fetch(connection: Connection, sql: str, arguments: list[Any]) -> Any:
    """Return the driver's rows of a statement."""
    raw: Any = connection.connection.driver_connection
    if not connection.in_transaction():
        await raw.autocommit(True)
    async with raw.cursor() as cursor:
        await cursor.execute(sql, arguments)
        return await cursor.fetchall()


def _leave_server(context: ExceptionContext) -> None:
    if error_codes.ends_connection(context.original_exception):
        context.is_disconnect = True


async def on_startup(engine: AsyncEngine, settings: Settings, metadata: MetaData) -> None:
    """Warn when the limits of the server do not fit the settings."""
    await warn_about_limits(
        engine, settings, connections=CONNECTION_LIMIT, idle_timeout=IDLE_TIMEOUT
    )


def is_conflict(error: DBAPIError) -> bool:
    """Return whether a unique or foreign-key constraint was violated."""
    return error_codes.code_of(error) in error_codes.CONFLICTS


def is_invalid(error: DBAPIError) -> bool:
    """Return whether a value is invalid: out of range for its column, or against a CHECK."""
    return error_codes.code_of(error) in error_codes.INVALID


def violation(error: DBAPIError) -> Violation | None:
    """Return the rule that a change violates, without values and names; None if it is unknown."""
    return error_codes.VIOLATIONS.get(error_codes.code_of(error))


def is_unavailable(error: DBAPIError) -> bool:
    """Return whether the same statement may succeed later: the cause is outside of it."""
    # A deadlock ends the whole transaction, so the session finds no savepoint to return to.
    lost_savepoint = error_codes.code_of(error) == 1305 and "SAVEPOINT" in str(error.orig)
    return lost_savepoint or (error.orig is not None and error_codes.may_pass(error.orig))


def is_retryable(error: DBAPIError) -> bool:
    """Return whether a conflict with another transaction has rolled the whole transaction back."""
    return error_codes.is_rolled_back(error)


def migration_lock(connection: Connection) -> AbstractContextManager[None]:
    """Let one process at a time migrate a database.

    Raises:
        MigrationLockError: when the lock cannot be had, or is lost.
    """
    errors = Errors(connecting=CONNECT_ERRORS, is_unavailable=is_unavailable)
    return migration_lock_of(cluster_of(connection), connection, errors)
