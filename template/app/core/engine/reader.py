"""Read-only statements without a session: one statement, one connection, rows."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVarTuple, cast

from sqlalchemy import CompoundSelect, Connection, CursorResult, Engine, Select
from sqlalchemy.util import await_, greenlet_spawn

from app.core.engine.direct import (
    DirectSelect,
    DirectSelects,
    fetch,
    is_observed,
    named_rows,
    sends_on_use,
)
from app.core.engine.pool import FairQueuePool
from app.core.errors import ReadOnlyError

Ts = TypeVarTuple("Ts")


class Reader:
    """Runs SELECT statements, each on its own connection.

    It is cheaper than a session, and holds no connection between two statements. From the second
    time on, the driver runs a statement without SQLAlchemy's cursor and result, unless somebody
    listens to SQLAlchemy's events.

    Args:
        connect: opens a connection for one statement.
        engine: the engine whose connections need no transaction for one statement; None if
            they need one.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        engine: Engine | None = None,
    ) -> None:
        self._connect = connect
        self._engine = engine
        self._selects = DirectSelects()

    async def rows(
        self,
        statement: Select[*Ts] | CompoundSelect[*Ts],
        parameters: dict[str, Any] | None = None,
    ) -> list[tuple[*Ts]]:
        """Return the rows as tuples with the column types of `statement`.

        The tuples are named: their fields are the columns. A column whose name is not a Python
        identifier, or begins with `_`, is called `_` and its position.

        Raises:
            ReadOnlyError: when `statement` is not built with `select()`. Its parts are not checked:
                an INSERT in a CTE, or FOR UPDATE, is not refused here.
        """
        if not statement.is_select:
            raise ReadOnlyError("A reader is read-only: use CurrentSessionTransaction.")
        found, engine = self._selects.find(statement, parameters), self._engine
        if found and engine and not is_observed(engine) and not sends_on_use(engine):
            return await self._fetch(engine, *found)
        # One greenlet switch; SQLAlchemy's own methods need three.
        return await greenlet_spawn(self._rows, statement, parameters, found)

    async def _fetch(self, engine: Engine, select: DirectSelect, arguments: list[Any]) -> list[Any]:
        pool = cast(FairQueuePool, engine.pool)
        connection = await pool.check_out(engine, engine.connect)
        try:
            records = await fetch(connection, select.sql, arguments)
        except BaseException:
            # Only after an error the driver may have something to send.
            await greenlet_spawn(connection.close)
            raise
        connection.close()
        return select.rows(records)

    def _rows(
        self,
        statement: Select[*Ts] | CompoundSelect[*Ts],
        parameters: dict[str, Any] | None,
        found: tuple[DirectSelect, list[Any]] | None,
    ) -> list[tuple[*Ts]]:
        with self._connect() as connection:
            if found and connection.in_transaction() and not is_observed(connection):
                select, arguments = found
                return select.rows(await_(fetch(connection, select.sql, arguments)))
            result: CursorResult[Any] = connection.execute(statement, parameters)
            self._selects.add(statement, result)
            # Pydantic reads a named tuple in half the time of SQLAlchemy's row.
            return named_rows(result)
