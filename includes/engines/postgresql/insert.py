"""INSERT … RETURNING: the new row as it is stored, in one statement."""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from asyncpg import InvalidCachedStatementError
from sqlalchemy import Connection, CursorResult, Engine, Insert, Table, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import await_, greenlet_spawn

from app.core.engine import direct, driver
from app.core.engine.pool import FairQueuePool
from app.core.engine.stored import defaulted
from app.models.base import Base

ResultT = TypeVar("ResultT")


class WriteSession(AsyncSession):
    """A session that needs no greenlet if a transaction begins with an `InsertRow`.

    A greenlet for the INSERT and one for the COMMIT are a tenth of the time of a create.
    """

    # The connection on which the driver has begun the transaction itself.
    begun: Connection | None = None

    async def begin_with(self, statement: Insert) -> Connection | None:
        """Return a connection for the transaction; None if SQLAlchemy has to begin it."""
        session = self.sync_session
        engine = session.get_bind(clause=statement)
        events = session.dispatch
        if (
            session.in_transaction()
            or not isinstance(engine, Engine)
            or events.do_orm_execute
            or events.after_begin
            or _has_observed_transactions(engine)
            or direct.is_observed(engine)
            or direct.sends_on_use(engine)
        ):
            return None
        connect = partial(session.connection, {"clause": statement})
        pool = cast(FairQueuePool, engine.pool)
        return await pool.check_out(engine, connect)

    async def commit(self) -> None:
        """Commit the transaction; SQLAlchemy has nothing to send after the driver."""
        connection, self.begun = self.begun, None
        if connection is not None and self._sends_only_commit(connection):
            await _wrapped(connection, _commit(connection))
            self.sync_session.commit()
        else:
            await super().commit()

    def _sends_only_commit(self, connection: Connection) -> bool:
        session, events = self.sync_session, self.sync_session.dispatch
        transaction: Any = session.get_transaction()
        return (
            session._is_clean()
            and not session.in_nested_transaction()
            and {held for held, *_ in transaction._connections.values()} == {connection}
            and not (events.before_commit or events.after_commit or events.after_transaction_end)
            and connection.in_transaction()
            and not _has_observed_transactions(connection)
        )


def _has_observed_transactions(target: Engine | Connection) -> bool:
    has_listeners = target._has_events or target.engine._has_events
    return has_listeners and bool(target.dispatch.begin or target.dispatch.commit)


class InsertRow:
    """Inserts rows of one model as a statement, which is cheaper than an entity.

    The statement includes the columns and their defaults, but no validators, events or
    relationships of the model. Use `session.add()` for a model that has them.

    From the second time on, the driver runs the statement in the transaction of the session, unless
    somebody listens to SQLAlchemy's events.
    """

    def __init__(self, model: type[Base]) -> None:
        self._columns = dict(model.__mapper__.columns.items())
        self._defaulted = defaulted(self._columns)
        named = [column.label(name) for name, column in self._columns.items()]
        self._statement = insert(cast(Table, model.__table__)).returning(*named)
        # By the columns that are given.
        self._direct: dict[tuple[str, ...], DirectInsert | None] = {}

    async def __call__(self, session: AsyncSession, values: dict[str, Any]) -> object:
        """Insert a row; return an object whose attributes are its values."""
        given = {n: v for n, v in values.items() if v is not None or n not in self._defaulted}
        parameters = {self._columns[name].key: value for name, value in given.items()}
        known = self._direct.get(tuple(parameters))
        if known and isinstance(session, WriteSession):
            connection = await session.begin_with(self._statement)
            if connection and (arguments := known.arguments_of(connection, parameters)):
                records = _begin_and_fetch(connection, known.sql, arguments)
                (row,) = known.rows(await _wrapped(connection, records, known.sql, arguments))
                session.begun = connection
                return row
        return await greenlet_spawn(self._insert, session.sync_session, parameters)

    def _insert(self, session: Session, parameters: dict[str, Any]) -> object:
        if session.dispatch.do_orm_execute:
            return direct.named_rows(session.execute(self._statement, parameters))[0]
        # The connection itself: the session would look for entities in the statement.
        connection = session.connection({"clause": self._statement})
        given = tuple(parameters)
        known = self._direct.get(given)
        is_observed = direct.is_observed(connection)
        if known and not is_observed and (arguments := known.arguments_of(connection, parameters)):
            records = _begin_and_fetch(connection, known.sql, arguments)
            (row,) = known.rows(await_(_wrapped(connection, records, known.sql, arguments)))
            return row
        result: CursorResult[Any] = connection.execute(self._statement, parameters)
        if given not in self._direct and len(self._direct) < direct.MAX_STATEMENTS:
            self._direct[given] = _direct_insert(result)
        return direct.named_rows(result)[0]


class DirectInsert(direct.DirectSelect):
    """The SQL of an INSERT with RETURNING, with its defaults."""

    def __init__(self, compiled: SQLCompiler, result: CursorResult[Any]) -> None:
        super().__init__(compiled, result)
        self._defaults = [(c.key, cast(Any, c.default)) for c in compiled.insert_prefetch]

    def arguments_of(self, connection: Connection, values: dict[str, Any]) -> list[Any] | None:
        """Return the values of all parameters; None if SQLAlchemy has to run the statement."""
        if connection.get_execution_options().get("schema_translate_map"):
            return None
        try:
            return self.arguments(self._with_defaults(values), ())
        except Exception:
            # SQLAlchemy reports it in its way.
            return None

    def _with_defaults(self, values: dict[str, Any]) -> dict[str, Any]:
        context = _DefaultContext(dict(values))
        for key, default in self._defaults:
            value = default.arg(context) if default.is_callable else default.arg
            context.current_parameters[key] = value
        return context.current_parameters


class _DefaultContext:
    # As much of SQLAlchemy's context as the functions of most defaults read.
    def __init__(self, values: dict[str, Any]) -> None:
        self.current_parameters = values

    def get_current_parameters(self) -> dict[str, Any]:
        return self.current_parameters


def _direct_insert(result: CursorResult[Any]) -> DirectInsert | None:
    compiled = cast(SQLCompiler, result.context.compiled)
    defaults: list[Any] = [column.default for column in compiled.insert_prefetch]
    is_same = compiled.string == result.context.statement
    is_plain = is_same and all(default.is_scalar or default.is_callable for default in defaults)
    return DirectInsert(compiled, result) if is_plain else None


async def _wrapped(
    connection: Connection,
    sent: Awaitable[ResultT],
    sql: str | None = None,
    arguments: Sequence[Any] = (),
) -> ResultT:
    """Wait for the driver; raise its errors as SQLAlchemy does."""
    try:
        return await sent
    except BaseException as error:
        await greenlet_spawn(direct.raise_wrapped, connection, error, sql, arguments)


async def _begin_and_fetch(connection: Connection, sql: str, arguments: list[Any]) -> Any:
    adapter: Any = connection.connection.dbapi_connection
    dialect: Any = connection.dialect
    async with adapter._execute_mutex:
        # Drops what was prepared before another connection found that a table has changed.
        await adapter._check_type_cache_invalidation(dialect._invalidate_schema_cache_asof)
        # SQLAlchemy sends BEGIN with the first statement of one of its cursors.
        if adapter._transaction is None:
            await adapter._start_transaction()
        try:
            return await driver.fetch(connection, sql, arguments)
        except InvalidCachedStatementError:
            dialect._invalidate_schema_cache()
            raise


async def _commit(connection: Connection) -> None:
    adapter: Any = connection.connection.dbapi_connection
    await adapter._call_and_discard(adapter._transaction.commit)
