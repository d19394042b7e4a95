"""INSERT on MySQL, which has no INSERT … RETURNING: the service knows the values of the new row."""

from dataclasses import MISSING, fields
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Table, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator
from sqlalchemy.util import greenlet_spawn

from app.core.engine.stored import defaulted, flush_entity
from app.models.base import Base
from app.models.binary_uuid import BinaryUUID
from app.models.types import UTCDateTime

# Listeners to these events see entities only.
MAPPER_EVENTS = ("before_insert", "after_insert")
SESSION_EVENTS = ("before_flush", "after_flush", "after_attach", "pending_to_persistent")

# The session of a transaction that writes.
WriteSession = AsyncSession


class InsertRow:
    """Inserts rows of one model as a statement, which is cheaper than an entity.

    The values of the row are those that are given and the defaults of the model. An entity is
    inserted where only that gives the same row: the database or a `default_factory` fills in a
    column, or the model has validators, `__post_init__`, subclasses, listeners or TypeDecorators.
    """

    def __init__(self, model: type[Base]) -> None:
        self._model, self._mapper = model, model.__mapper__
        self._columns = dict(self._mapper.columns.items())
        table = cast(Table, model.__table__)
        self._statement = insert(table)
        (self._key,) = [n for n, column in self._columns.items() if column.primary_key]
        made = {f.name for f in fields(model) if f.default_factory is not MISSING}
        self._unknown = {
            name
            for name, column in self._columns.items()
            if name in made or (column is not table.autoincrement_column and not _is_known(column))
        }
        self._defaulted = defaulted(self._columns)
        # The database stores the result of a TypeDecorator, which may be another value.
        self._converted = {n for n, column in self._columns.items() if _is_converted(column)}
        self._needs_entity = (
            hasattr(model, "__post_init__")
            or self._mapper.polymorphic_on is not None
            or bool(self._converted)
        )

    async def __call__(self, session: AsyncSession, values: dict[str, Any]) -> object:
        """Insert a row; return an object whose attributes are its values."""
        given = {n: v for n, v in values.items() if v is not None or n not in self._defaulted}
        # Only an entity knows other values, such as a relationship.
        is_known = self._columns.keys() >= given.keys() >= self._unknown
        if is_known and not self._needs_entity and not self._is_observed(session.sync_session):
            return await greenlet_spawn(self._insert, session.sync_session, given)
        instance = self._model(**values)
        session.add(instance)
        await flush_entity(session, instance, self._columns.keys())
        if self._converted:
            await session.refresh(instance, self._converted)
        return instance

    def _is_observed(self, session: Session) -> bool:
        return (
            any(getattr(self._mapper.dispatch, name) for name in MAPPER_EVENTS)
            or any(getattr(session.dispatch, name) for name in SESSION_EVENTS)
            # Validators are listeners too.
            or any(getattr(self._model, name).dispatch.set for name in self._columns)
        )

    def _insert(self, session: Session, given: dict[str, Any]) -> object:
        # The connection itself: the session would look for entities in the statement.
        connection = session.connection({"clause": self._statement})
        parameters = {self._columns[name].key: value for name, value in given.items()}
        result = connection.execute(self._statement, parameters)
        stored = cast(dict[str, Any], result.last_inserted_params())
        row = {name: stored.get(column.key) for name, column in self._columns.items()}
        (row[self._key],) = cast(tuple[Any], result.inserted_primary_key)
        return SimpleNamespace(**row)


def _is_known(column: ColumnElement[Any]) -> bool:
    if not isinstance(column, Column):  # an expression
        return False
    if column.default is not None:
        return column.default.is_scalar or column.default.is_callable
    return bool(column.nullable) and column.server_default is None


def _is_converted(column: ColumnElement[Any]) -> bool:
    own = (BinaryUUID, UTCDateTime)  # a row has the value that was given
    return isinstance(column.type, TypeDecorator) and not isinstance(column.type, own)
