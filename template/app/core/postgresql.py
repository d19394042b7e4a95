"""PostgreSQL through asyncpg: how to connect, and what its errors mean."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import Connection, Engine, ExceptionContext, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError

from app.core.config import Settings
from app.core.errors import DatabaseUnavailableError

# SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
CONFLICTS = frozenset({"23503", "23505", "23P01"})
INVALID = frozenset({"22000", "22001", "22003", "22007", "22008", "22021", "22P02", "22P05"})
UNAVAILABLE = frozenset({"25006", "25P03", "25P04", "3D000", "40001", "40P01", "55P03", "57014"})
# A server that became a standby: another connection may lead to the one that took over.
READ_ONLY = "25006"
UNAVAILABLE_CLASSES = ("08", "28", "53", "57P")

# What SQLAlchemy passes on as it is when it happens while connecting.
UNWRAPPED = (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError)

CLOSE_TIMEOUT = 2.0

# Each revision is a transaction: what it locks is free again when the next one starts.
MIGRATION_OPTIONS: dict[str, Any] = {"transaction_per_migration": True}

# What is left for roles that are not superusers.
CONNECTION_LIMIT = text(
    "SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)"
    " FROM pg_settings WHERE name IN"
    " ('max_connections', 'reserved_connections', 'superuser_reserved_connections')"
)

IDLE_LIMIT = text("SELECT setting::int / 1000 FROM pg_settings WHERE name = 'idle_session_timeout'")


def read_options(settings: Settings) -> dict[str, Any]:
    """Return the execution options of sessions that only read.

    Without a transaction a read is one round trip instead of three. Each statement then sees what
    is committed when it starts. Behind a pooler only a transaction keeps to one connection.
    """
    return {} if settings.database_pooler else {"isolation_level": "AUTOCOMMIT"}


def connect_to_read(engine: Engine) -> Connection:
    """Return a connection for one statement, outside a transaction as `read_options` say."""
    connection = engine.connect()
    if not engine.get_execution_options()["pooler"]:
        # Costs a tenth of what SQLAlchemy's isolation level of that name does.
        connection.connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]
    return connection


def engine_options(settings: Settings, *, statement_timeout: float | None) -> dict[str, Any]:
    """Return the keyword arguments for `create_async_engine` that only this driver knows.

    A statement may take `statement_timeout` seconds; None sets no limit.
    """

    async def connect(*args: Any, **kwargs: Any) -> Any:
        async with asyncio.timeout(settings.database_connect_timeout):
            return await asyncpg.connect(*args, connection_class=_Connection, **kwargs)

    server_settings = {"application_name": settings.project_name, "timezone": "UTC"}
    connect_args: dict[str, Any] = {
        "async_creator_fn": connect,
        "server_settings": server_settings,
    }
    if statement_timeout is not None:
        server_settings["statement_timeout"] = str(round(statement_timeout * 1000))
        server_settings["lock_timeout"] = str(round(settings.database_lock_timeout * 1000))
        # Bounds what the server's own limit can't: a network that went silent.
        connect_args["command_timeout"] = statement_timeout + 1
    if settings.database_pooler:
        # The next transaction may run on another connection of the server: what is set or prepared
        # on one is not there, and a pooler refuses parameters at the start.
        del connect_args["server_settings"]
        connect_args["statement_cache_size"] = 0
        connect_args["prepared_statement_cache_size"] = 0
        connect_args["prepared_statement_name_func"] = lambda: ""
    return {
        "connect_args": connect_args,
        "execution_options": {"pooler": settings.database_pooler},
        "skip_autocommit_rollback": True,
    }


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    async def close(self, *, timeout: float | None = CLOSE_TIMEOUT) -> None:  # noqa: ASYNC109
        """Close; a server that stays silent is not waited for as long as for a statement."""
        await super().close(timeout=timeout)


def watch(engine: Engine) -> None:
    """Replace connections that the server ended, and name what the driver raises bare."""
    event.listen(engine, "checkout", _refuse_closed)
    event.listen(engine, "checkin", _end_autocommit)
    event.listen(engine, "handle_error", _name_silence)


def _end_autocommit(connection: Any, record: object) -> None:
    if connection is not None:
        connection.autocommit = False


def _refuse_closed(connection: Any, record: object, proxy: object) -> None:
    # What the driver knows already, so it costs no round trip, unlike a ping.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _name_silence(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True
    if isinstance(context.original_exception, OSError | TimeoutError):
        context.is_disconnect = True
        raise DatabaseUnavailableError from context.original_exception


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether a unique, foreign-key or exclusion constraint refused the statement."""
    return _code(error) in CONFLICTS


def is_invalid(error: DBAPIError) -> bool:
    """Tell whether the server could not take a value, such as one out of its column's range."""
    return _code(error) in INVALID


def is_unavailable(error: DBAPIError) -> bool:
    """Tell whether the same statement may succeed later: the fault is not the statement's."""
    code, cause = _code(error), getattr(error.orig, "__cause__", None)
    # A migration changed a table under statements that were prepared before.
    outdated = isinstance(cause, asyncpg.InvalidCachedStatementError)
    return outdated or code in UNAVAILABLE or code.startswith(UNAVAILABLE_CLASSES)


@contextmanager
def migration_lock(connection: Connection) -> Iterator[None]:
    """Let one process at a time migrate a database.

    A transaction of its own holds the lock, since those of the migrations end with each revision.
    """
    with connection.engine.connect() as holder:
        holder.execute(text("SET LOCAL lock_timeout = 0"))
        holder.execute(text("SET LOCAL statement_timeout = 0"))
        holder.execute(text("SELECT pg_advisory_xact_lock(hashtext('migration'))"))
        # After the lock, since it also ends the snapshot, for which CONCURRENTLY would wait.
        holder.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
