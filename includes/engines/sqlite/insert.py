"""INSERT … RETURNING: the new row as it is stored, in one statement."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn

from app.models.base import Base

# The session of a transaction that writes.
WriteSession = AsyncSession


class InsertRow:
    """Inserts rows of one model as a statement, which is cheaper than an entity.

    The statement includes the columns and their defaults, but no validators, events or
    relationships of the model. A model that has them is inserted by `session.add()`.
    """

    def __init__(self, model: type[Base]) -> None:
        self._columns = dict(model.__mapper__.columns.items())
        named = [column.label(name) for name, column in self._columns.items()]
        self._statement = insert(model.metadata.tables[model.__tablename__]).returning(*named)

    async def __call__(self, session: AsyncSession, values: dict[str, Any]) -> object:
        """Insert a row; return an object whose attributes are its values."""
        parameters = {self._columns[name].key: value for name, value in values.items()}
        return await greenlet_spawn(self._insert, session.sync_session, parameters)

    def _insert(self, session: Session, parameters: dict[str, Any]) -> object:
        if session.dispatch.do_orm_execute:
            return session.execute(self._statement, parameters).one()
        # The connection itself: the session would look for entities in the statement.
        connection = session.connection({"clause": self._statement})
        return connection.execute(self._statement, parameters).one()
