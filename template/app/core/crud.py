"""Create, read, update, delete and list for one model. Nothing here commits."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Label, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.interfaces import ORMOption

from app.core.engine.insert import InsertRow
from app.core.engine.reader import Reader
from app.core.engine.stored import flush_entity
from app.core.errors import NotFoundError
from app.core.listing import Listing, LoadOption, fetch_entities, fetch_related, fetch_rows, page_of
from app.core.pagination import Page, PageQuery
from app.models.base import Base

ModelT = TypeVar("ModelT", bound=Base)
CreateT = TypeVar("CreateT", bound=BaseModel)
UpdateT = TypeVar("UpdateT", bound=BaseModel)
ReadT = TypeVar("ReadT", bound=BaseModel)
KeyT = TypeVar("KeyT")
OtherT = TypeVar("OtherT", bound=BaseModel)


class CRUDBase(Generic[ModelT, CreateT, UpdateT, ReadT, KeyT]):
    """The operations on the rows of one model, with the schemas of their input and output.

    Args:
        model: the model; its primary key is one column of type `KeyT`.
        schema: the schema that rows are returned as.
    """

    def __init__(self, model: type[ModelT], schema: type[ReadT]) -> None:
        self.model = model
        self.schema = schema
        self._page = page_of(schema)
        # By the attribute names of the model; the names in the table may differ.
        self._columns = dict(model.__mapper__.columns.items())
        ((self._key_name, self._key),) = [i for i in self._columns.items() if i[1].primary_key]
        self._criteria = tuple(self.criteria())
        self._relationships = tuple(self.relationships())
        rows = select(*[column.label(name) for name, column in self._columns.items()])
        self._rows = rows.where(*self._criteria)
        self._entities = select(model).where(*self._criteria)
        related = self._entities.options(*self._relationships)
        self._all = related if self._relationships else self._rows
        self._fetch = fetch_related if self._relationships else fetch_rows
        self._by_key = self._all.where(self._key == bindparam("key"))
        self._listing = Listing(model, self._criteria)
        entity = select(model).where(self._key == bindparam("key"), *self._criteria)
        self._locked = entity.with_for_update().execution_options(populate_existing=True)
        self._insert = InsertRow(model)

    def criteria(self) -> Sequence[ColumnElement[bool]]:
        """Return the conditions of every row that this class reads or writes; none by default.

        Override it for the rows of one tenant, or those that are not marked as deleted. It is
        called once, and its conditions are part of each SELECT. A value that differs between
        requests is `bindparam(None, callable_=FUNCTION)`: SQLAlchemy calls the function each time.
        """
        return ()

    def relationships(self) -> Sequence[LoadOption]:
        """Return the relationships that the read schema has; none by default.

        Override it with how each is loaded: `return [joinedload(Order.product)]`. `get` and `list`
        then need a session, and read entities; `create` and `update` read the row that they have
        written. It is called once. The relationships of a related row are
        `joinedload(Order.product).options(*product_crud.relationships())`.
        """
        return ()

    async def get(self, reader: Reader | AsyncSession, key: KeyT) -> ReadT:
        """Return the row with this key.

        Raises:
            NotFoundError: when there is none.
        """
        rows = await self._fetch(reader, self._by_key, {"key": key})
        if not rows:
            raise self._not_found(key)
        return self._read(rows[0])

    async def get_for_update(self, session: AsyncSession, key: KeyT) -> ModelT:
        """Return the entity with this key and lock its row (SELECT … FOR UPDATE).

        Other transactions that lock the same row wait until this one ends, and then read its
        changes. The session's own changes are flushed first.

        Raises:
            NotFoundError: when there is none.
        """
        await session.flush()
        instance = await session.scalar(self._locked, {"key": key})
        if instance is None:
            raise self._not_found(key)
        return instance

    async def list(self, reader: Reader | AsyncSession, query: PageQuery) -> Page[ReadT]:
        """Return one page of rows.

        Raises:
            InvalidCursorError: when the cursor does not belong to this list.
        """
        statement = self._listing.ordered(query.sort, self._all)
        return await self._listing.page(reader, query, self._page, statement, self._fetch)

    async def list_with(
        self,
        reader: Reader | AsyncSession,
        query: PageQuery,
        schema: type[OtherT],
        *columns: Label[Any],
    ) -> Page[OtherT]:
        """Return one page of rows that have more columns, such as a count or nested JSON.

        Args:
            reader: the reader or session.
            query: the same as for `list`.
            schema: the schema of a row with all columns.
            columns: expressions on the row, each with the name of a field: `.label("lines")`.
        """
        statement = self._listing.ordered(query.sort, self._rows).add_columns(*columns)
        return await self._listing.page(reader, query, page_of(schema), statement, fetch_rows)

    async def list_entities(
        self,
        session: AsyncSession,
        query: PageQuery,
        schema: type[OtherT],
        *options: ORMOption,
    ) -> Page[OtherT]:
        """Return one page of entities, for a schema with relationships.

        Args:
            session: the session, such as `CurrentSession`.
            query: the same as for `list`.
            schema: the schema of an entity.
            options: the relationships to load: `selectinload(Invoice.lines)`.
        """
        statement = self._listing.ordered(query.sort, self._entities).options(*options)
        page = page_of(schema)
        return await self._listing.page(session, query, page, statement, fetch_entities)

    async def create(self, session: AsyncSession, values: CreateT) -> ReadT:
        """Insert a row and return it as it is stored."""
        row = await self._insert(session, values.model_dump())
        return await self._reread(session, row) if self._relationships else self._read(row)

    async def update(self, session: AsyncSession, instance: ModelT, values: UpdateT) -> ReadT:
        """Change the fields that were sent, also those sent as null, and return the row.

        Raises:
            NotFoundError: when the row does not meet the criteria.
        """
        if self._criteria:
            await self.require_criteria(session, instance)
        for name, value in values.model_dump(exclude_unset=True).items():
            setattr(instance, name, value)
        await flush_entity(session, instance, self._columns.keys())
        if self._relationships:
            return await self._reread(session, instance)
        return self._read(instance)

    async def delete(self, session: AsyncSession, instance: ModelT) -> None:
        """Delete the row of an entity.

        Raises:
            NotFoundError: when the row does not meet the criteria.
        """
        if self._criteria:
            await self.require_criteria(session, instance)
        await session.delete(instance)
        await session.flush()

    async def require_criteria(self, session: AsyncSession, instance: ModelT) -> None:
        """Lock the row of an entity, which can come from a relationship, and check it.

        Raises:
            NotFoundError: when the row does not meet the criteria.
        """
        key = getattr(instance, self._key_name)
        if await session.scalar(self._locked.with_only_columns(self._key), {"key": key}) is None:
            raise self._not_found(key)

    async def _reread(self, session: AsyncSession, row: object) -> ReadT:
        # Without the criteria: the row may have left them.
        related = select(self.model).options(*self._relationships)
        statement = related.where(self._key == getattr(row, self._key_name))
        (entity,) = await self._fetch(session, statement, {})
        return self._read(entity)

    def _read(self, row: object) -> ReadT:
        return self.schema.model_validate(row, from_attributes=True)

    def _not_found(self, key: KeyT) -> NotFoundError:
        name = self.model.__tablename__.replace("_", " ")
        return NotFoundError(f"There is no {name} {key}.")
