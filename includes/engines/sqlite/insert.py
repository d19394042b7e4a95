"""INSERT … RETURNING: the new row as it is stored, in one statement."""

from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn

from app.core.engine import direct
from app.core.engine.stored import defaulted
from app.models.base import Base

# The session of a transaction that writes.
WriteSession = AsyncSession


class InsertRow:
    """Inserts rows of one model as a statement, which is cheaper than an entity.

    The statement includes the columns and their defaults, but no validators, events or
    relationships of the model. Use `session.add()` for a model that has them.
    """

    def __init__(self, model: type[Base]) -> None:
        self._columns = dict(model.__mapper__.columns.items())
        self._defaulted = defaulted(self._columns)
        named = [column.label(name) for name, column in self._columns.items()]
        self._statement = insert(cast(Table, model.__table__)).returning(*named)

    async def __call__(self, session: AsyncSession, values: dict[str, Any]) -> object:
        """Insert a row; return an object whose attributes are its values."""
        given = {n: v for n, v in values.items() if v is not None or n not in self._defaulted}
        parameters = {self._columns[name].key: value for name, value in given.items()}
        return await greenlet_spawn(self._insert, session.sync_session, parameters)

    def _insert(self, session: Session, parameters: dict[str, Any]) -> object:
        if session.dispatch.do_orm_execute:
            return direct.named_rows(session.execute(self._statement, parameters))[0]
        # The connection itself: the session would look for entities in the statement.
        connection = session.connection({"clause": self._statement})
        return direct.named_rows(connection.execute(self._statement, parameters))[0]
