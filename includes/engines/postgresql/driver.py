"""PostgreSQL through asyncpg: connections, time limits and errors."""

from contextlib import AbstractContextManager
from typing import Any

import asyncpg
from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import Settings
from app.core.engine import sqlstates
from app.core.engine.addresses import addresses
from app.core.engine.connecting import connector
from app.core.engine.foreign_keys import foreign_key_violation
from app.core.engine.limits import warn_about_limits
from app.core.engine.migration_lock.advisory_lock import cluster_of, migration_lock_of
from app.core.engine.migration_lock.lease import Errors
from app.core.engine.migration_lock.lock_row import include_name
from app.core.errors import DatabaseUnavailableError, Violation

LISTENERS: frozenset[str] = frozenset()  # events of statements to which this module listens

# Exceptions that SQLAlchemy does not wrap when connecting fails.
CONNECT_ERRORS = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError)

# A server that accepts writes closes its connections before it becomes a standby. Connections to
# other ones move after these seconds, such as back to a standby that was away.
WRITING = frozenset({"primary", "read-write"})
MOVE_SECONDS = 60

# Each revision is one transaction: its locks are released before the next one starts.
MIGRATION_OPTIONS: dict[str, Any] = {
    "include_name": include_name,
    "transaction_per_migration": True,
}

# The number of connections for roles without special rights; 0 if the server names no limit.
CONNECTION_LIMIT = text(
    "SELECT coalesce(sum("
    "CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END), 0)"
    " FROM pg_settings WHERE name IN"
    " ('max_connections', 'reserved_connections', 'superuser_reserved_connections')"
)

IDLE_TIMEOUT = text(
    "SELECT coalesce(max(setting::int), 0) / 1000"
    " FROM pg_settings WHERE name = 'idle_session_timeout'"
)


def read_options(settings: Settings) -> dict[str, Any]:
    """Return the execution options of read-only sessions.

    Without a transaction a read is one round trip instead of three, and each statement sees the
    data that is committed when it starts. Behind a pooler a transaction is needed, since only it
    keeps one server connection.
    """
    return {} if settings.database_pooler else {"isolation_level": "AUTOCOMMIT"}


def direct_engine(engine: Engine, settings: Settings) -> Engine | None:
    """Return `engine` if the driver may run a single read without a transaction, else None."""
    return None if settings.database_pooler else engine


def read_connection(engine: Engine, settings: Settings) -> Connection:
    """Return a connection for one statement; see `read_options` for its transaction."""
    connection = engine.connect()
    if not settings.database_pooler:
        # A tenth of the cost of SQLAlchemy's isolation level AUTOCOMMIT.
        connection.connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]
    return connection


def engine_options(settings: Settings, *, statement_timeout: float | None) -> dict[str, Any]:
    """Return the arguments of `create_async_engine` for this driver.

    `statement_timeout` is in seconds; None means no limit.
    """
    server_settings = {"application_name": settings.project_name, "timezone": "UTC"}
    connect_args: dict[str, Any] = {
        "async_creator_fn": connector(settings),
        "server_settings": server_settings,
    }
    if statement_timeout is not None:
        server_settings["statement_timeout"] = str(round(statement_timeout * 1000))
        server_settings["lock_timeout"] = str(round(settings.database_lock_timeout * 1000))
        # Also ends the wait when the network is silent and the server's limit has no effect.
        connect_args["command_timeout"] = statement_timeout + 1
    if settings.database_pooler:
        # The next transaction may use another server connection, which lacks session settings and
        # prepared statements; and a pooler refuses settings at connect.
        del connect_args["server_settings"]
        connect_args["statement_cache_size"] = 0
        connect_args["prepared_statement_cache_size"] = 0
        connect_args["prepared_statement_name_func"] = lambda: ""
    return {
        "connect_args": connect_args,
        "skip_autocommit_rollback": True,
    }


def pool_options(settings: Settings) -> dict[str, Any]:
    """Return the pool's arguments for this driver."""
    recycle, url = settings.database_pool_recycle, settings.sqlalchemy_url
    if len(addresses(url)) > 1 and url.query["target_session_attrs"] not in WRITING:
        recycle = min(recycle, MOVE_SECONDS)
    return {
        "pool_recycle": recycle,
        "pool_use_lifo": settings.database_pool_use_lifo,
    }


def register_listeners(engine: Engine) -> None:
    """Replace closed connections, and translate network errors of the driver."""
    event.listen(engine, "checkout", _check_not_closed)
    event.listen(engine, "checkin", _end_autocommit)
    event.listen(engine, "handle_error", _translate_network_errors)


def _end_autocommit(connection: Any, record: object) -> None:
    if connection is not None:
        connection.autocommit = False


def _check_not_closed(connection: Any, record: object, proxy: object) -> None:
    # The driver knows the state already; unlike a ping this needs no round trip.
    if not is_ready(connection.driver_connection):
        raise DisconnectionError


def is_ready(connection: Any) -> bool:
    """Return whether the driver's connection can be used at once: it is open, as far as known."""
    return not connection.is_closed()


async def fetch(connection: Connection, sql: str, arguments: list[Any]) -> Any:
    """Return the driver's rows of a statement."""
    return await connection.connection.driver_connection.fetch(sql, *arguments)  # type: ignore[union-attr]


def _translate_network_errors(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == sqlstates.READ_ONLY:
        context.is_disconnect = True
    if isinstance(context.original_exception, OSError | TimeoutError):
        context.is_disconnect = True
        raise DatabaseUnavailableError from context.original_exception


async def on_startup(engine: AsyncEngine, settings: Settings, metadata: MetaData) -> None:
    """Warn when the limits of the server do not fit the settings."""
    await warn_about_limits(
        engine,
        settings,
        connections=CONNECTION_LIMIT,
        idle_timeout=IDLE_TIMEOUT,
        behind_pooler=settings.database_pooler,
    )


def is_conflict(error: DBAPIError) -> bool:
    """Return whether a unique, foreign-key or exclusion constraint was violated."""
    return sqlstates.code_of(error) in sqlstates.CONFLICTS


def is_invalid(error: DBAPIError) -> bool:
    """Return whether a value is invalid: out of range for its column, or against a CHECK."""
    return sqlstates.code_of(error) in sqlstates.INVALID


def violation(error: DBAPIError) -> Violation | None:
    """Return the rule that a change violates, without values and names; None if it is unknown."""
    if sqlstates.code_of(error) == sqlstates.FOREIGN_KEY:
        return foreign_key_violation(error)
    return sqlstates.VIOLATIONS.get(sqlstates.code_of(error))


def is_unavailable(error: DBAPIError) -> bool:
    """Return whether the same statement may succeed later: the cause is outside of it."""
    code, cause = sqlstates.code_of(error), getattr(error.orig, "__cause__", None)
    # A migration changed a table after statements on it had been prepared.
    outdated = isinstance(cause, asyncpg.InvalidCachedStatementError)
    passing = code in sqlstates.UNAVAILABLE or code.startswith(sqlstates.UNAVAILABLE_CLASSES)
    return outdated or passing


def is_retryable(error: DBAPIError) -> bool:
    """Return whether a conflict with another transaction has rolled the whole transaction back."""
    return sqlstates.code_of(error) in sqlstates.RETRYABLE


def migration_lock(connection: Connection) -> AbstractContextManager[None]:
    """Let one process at a time migrate a database.

    Raises:
        MigrationLockError: when the lock cannot be had, or is lost.
    """
    errors = Errors(connecting=CONNECT_ERRORS, is_unavailable=is_unavailable)
    return migration_lock_of(cluster_of(connection), connection, errors)
