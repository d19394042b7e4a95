"""SELECT statements that the driver runs itself, with the SQL and the types of SQLAlchemy."""

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from logging import INFO
from typing import Any, NoReturn

from sqlalchemy import CompoundSelect, Connection, CursorResult, Engine, Result, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import greenlet_spawn

from app.core.engine import driver

# As many statements as SQLAlchemy itself keeps.
MAX_STATEMENTS = 500

# Their listeners see the statements of SQLAlchemy, and would not see those of the driver.
EVENTS = ("before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute")

AnySelect = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
Converter = Callable[[Any], Any]


class DirectSelect:
    """The SQL of a statement, and the conversion of its arguments and rows.

    Args:
        compiled: the statement in SQLAlchemy's form.
        result: a result of it.
    """

    def __init__(self, compiled: SQLCompiler, result: CursorResult[Any]) -> None:
        dialect = compiled.dialect
        self.sql = compiled.string
        self._compiled = compiled
        self._positions = tuple(compiled.positiontup or ())
        self._binds: dict[str, Converter] = {}
        for bind, name in compiled.bind_names.items():
            if convert := bind.type.dialect_impl(dialect).bind_processor(dialect):
                self._binds[name] = convert
        self._row = row_type(tuple(result.keys()))._make
        converters = enumerate(result._metadata._processors)
        self._converters = [(index, convert) for index, convert in converters if convert]

    def arguments(
        self, parameters: Mapping[str, Any] | None, extracted: Sequence[Any]
    ) -> list[Any]:
        """Return the values of all parameters in the form of the driver.

        Args:
            parameters: values by the names of parameters.
            extracted: the bound parameters of the statement's cache key.
        """
        values = self._compiled.construct_params(
            parameters, extracted_parameters=extracted, escape_names=False
        )
        for name, convert in self._binds.items():
            values[name] = convert(values[name])
        return [values[name] for name in self._positions]

    def rows(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return the driver's rows as named tuples."""
        if not self._converters:
            return [*map(self._row, records)]
        return [self._row(self._converted(record)) for record in records]

    def _converted(self, record: Sequence[Any]) -> list[Any]:
        values = [*record]
        for index, convert in self._converters:
            values[index] = convert(values[index])
        return values


class DirectSelects:
    """The statements that SQLAlchemy has run once, by its own key for equal statements."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], DirectSelect | None] = OrderedDict()

    def find(
        self, statement: AnySelect, parameters: Mapping[str, Any] | None
    ) -> tuple[DirectSelect, list[Any]] | None:
        """Return the form of a statement with its arguments; None if SQLAlchemy has to run it."""
        key = statement._generate_cache_key()
        if key is None or (select := self._known.get(key.key)) is None:
            return None
        if statement.get_execution_options() or key.params:
            return None
        self._known.move_to_end(key.key)
        try:
            return select, select.arguments(parameters, key.bindparams)
        except Exception:
            # SQLAlchemy reports it in its way.
            return None

    def add(self, statement: AnySelect, result: CursorResult[Any]) -> None:
        """Remember a statement, unless its SQL depends on values, as an `IN` with a list does."""
        key, compiled = statement._generate_cache_key(), result.context.compiled
        if key is None or key.key in self._known or not isinstance(compiled, SQLCompiler):
            return
        is_direct = compiled.string == result.context.statement
        self._known[key.key] = DirectSelect(compiled, result) if is_direct else None
        if len(self._known) > MAX_STATEMENTS:
            self._known.popitem(last=False)


def is_observed(target: Engine | Connection) -> bool:
    """Return whether somebody sees statements: by the log, SQLAlchemy's events or tracing."""
    statements = target.dialect.dispatch
    is_logged = target.engine.logger.isEnabledFor(INFO)  # echo sets this level
    if is_logged or statements.do_execute or statements.do_execute_no_params:
        return True
    # Without listeners, the dispatcher of a connection is not built: that costs more than the rest.
    return (target._has_events or target.engine._has_events) and any(
        len(getattr(target.dispatch, name)) > (name in driver.LISTENERS) for name in EVENTS
    )


def sends_on_use(engine: Engine) -> bool:
    """Return whether somebody may send statements when a connection is checked out or returned.

    That needs a greenlet.
    """
    events = engine.pool.dispatch
    for listeners in (events.checkout, events.checkin, events.reset):
        for listener in listeners:
            if listener.__module__ != driver.__name__:  # those of the driver send nothing
                return True
    return engine._has_events and bool(engine.dispatch.engine_connect)


async def fetch(connection: Connection, sql: str, arguments: list[Any]) -> Any:
    """Return the driver's rows of a statement.

    Raises:
        sqlalchemy.exc.DBAPIError: and all that `Connection.execute` raises, with the same effects.
    """
    try:
        return await driver.fetch(connection, sql, arguments)
    except BaseException as error:
        await greenlet_spawn(raise_wrapped, connection, error, sql, arguments)


def raise_wrapped(
    connection: Connection, error: BaseException, sql: str | None, arguments: Sequence[Any]
) -> NoReturn:
    """Raise an error of the driver as `Connection.execute` does; call it in a greenlet.

    Without `sql` it is the error of a commit.
    """
    adapter: Any = connection.connection.dbapi_connection
    try:
        if isinstance(error, Exception):
            adapter._handle_exception(error)
        raise error
    except connection.dialect.loaded_dbapi.Error as translated:
        connection._handle_dbapi_exception(translated, sql, tuple(arguments), None, None)
    except BaseException as other:
        connection._handle_dbapi_exception(other, None, None, None, None)


def named_rows(result: Result[Any]) -> list[Any]:
    """Return the rows of a result as named tuples.

    SQLAlchemy's row has attributes of its own, such as `t`, which a column may be called too.
    """
    return [*map(row_type(tuple(result.keys()))._make, result.all())]


@lru_cache
def row_type(names: tuple[str, ...]) -> Any:
    """Return the type of rows with these columns."""
    return namedtuple("Row", names, rename=True)
