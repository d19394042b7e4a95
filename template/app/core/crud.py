"""Create, read, update, delete and list for one model. Nothing here commits."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, asc, bindparam, desc, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.engine.insert import InsertRow
from app.core.engine.reader import Reader
from app.core.errors import NotFoundError
from app.core.filters import Condition
from app.core.pagination import Cursor, Page, PageQuery
from app.models.base import Base

ModelT = TypeVar("ModelT", bound=Base)
CreateT = TypeVar("CreateT", bound=BaseModel)
UpdateT = TypeVar("UpdateT", bound=BaseModel)
ReadT = TypeVar("ReadT", bound=BaseModel)
KeyT = TypeVar("KeyT")


class CRUDBase(Generic[ModelT, CreateT, UpdateT, ReadT, KeyT]):
    """The operations on the rows of one model, with the schemas of their input and output.

    Args:
        model: the model; its primary key is one column of type `KeyT`.
        schema: the schema that rows are returned as.
    """

    def __init__(self, model: type[ModelT], schema: type[ReadT]) -> None:
        self.model = model
        self.schema = schema
        self._page: type[Page[ReadT]] = Page[schema]  # type: ignore[valid-type]
        # By the attribute names of the model; the names in the table may differ.
        self._columns = dict(model.__mapper__.columns.items())
        ((self._key_name, self._key),) = [i for i in self._columns.items() if i[1].primary_key]
        self._criteria = tuple(self.criteria())
        rows = select(*[column.label(name) for name, column in self._columns.items()])
        self._all = rows.where(*self._criteria)
        self._by_key = self._all.where(self._key == bindparam("key"))
        self._count = select(func.count()).select_from(model).where(*self._criteria)
        entity = select(model).where(self._key == bindparam("key"), *self._criteria)
        self._locked = entity.with_for_update().execution_options(populate_existing=True)
        self._by_order: dict[str, Select[Any]] = {}
        self._filters: dict[type[PageQuery], dict[str, Condition]] = {}
        self._insert = InsertRow(model)

    def criteria(self) -> Sequence[ColumnElement[bool]]:
        """Return the conditions of every row that this class reads or writes; none by default.

        Override it for the rows of one tenant, or those that are not marked as deleted. It is
        called once, and its conditions are part of each statement. A value that differs between
        requests is `bindparam(NAME, callable_=FUNCTION)`: SQLAlchemy calls the function each time.
        """
        return ()

    async def get(self, reader: Reader | AsyncSession, key: KeyT) -> ReadT:
        """Return the row with this key.

        Raises:
            NotFoundError: when there is none.
        """
        rows = await _rows(reader, self._by_key, {"key": key})
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
        column = self._columns[query.sort.removeprefix("-")]
        conditions = self._conditions(query)
        statement = self._ordered(query.sort)
        if conditions:
            statement = statement.where(*conditions)
        if query.cursor is not None:
            position = Cursor.decode(query.cursor, sort=query.sort, column=column, key=self._key)
            statement = statement.where(position.after(column, self._key))
        window = {"offset": query.offset, "limit": query.limit + 1}
        rows = await _rows(reader, statement, window)
        items, more = rows[: query.limit], len(rows) > query.limit
        total = None
        if query.total:
            ((total,),) = await _rows(reader, self._count.where(*conditions))
        next_cursor = self._cursor_after(items[-1], query.sort) if more else None
        page = {"items": items, "next_cursor": next_cursor, "total": total}
        return self._page.model_validate(page, from_attributes=True)

    async def create(self, session: AsyncSession, values: CreateT) -> ReadT:
        """Insert a row and return it as it is stored."""
        return self._read(await self._insert(session, values.model_dump()))

    async def update(self, session: AsyncSession, instance: ModelT, values: UpdateT) -> ReadT:
        """Change the fields that were sent, also those sent as null, and return the row.

        Raises:
            NotFoundError: when the row does not meet the criteria.
        """
        if self._criteria:
            await self.require_criteria(session, instance)
        for name, value in values.model_dump(exclude_unset=True).items():
            setattr(instance, name, value)
        await session.flush()
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

    def _read(self, row: object) -> ReadT:
        return self.schema.model_validate(row, from_attributes=True)

    def _not_found(self, key: KeyT) -> NotFoundError:
        name = self.model.__tablename__.replace("_", " ")
        return NotFoundError(f"There is no {name} {key}.")

    def _conditions(self, query: PageQuery) -> Sequence[ColumnElement[bool]]:
        """Return the conditions of the filters that were sent.

        Raises:
            TypeError: when the query class does not fit the model.
        """
        kind = type(query)
        if kind not in self._filters:
            self._filters[kind] = {
                name: declared.on(self._columns[declared.column.key])
                for name, declared in kind.filters_on(self.model).items()
            }
        filters = self._filters[kind]
        return [
            filters[name](value) if name in filters else self._columns[name] == value
            for name, value in query.filters().items()
        ]

    def _ordered(self, sort: str) -> Select[Any]:
        """Return the statement for a page of all rows, built once for each order."""
        if sort not in self._by_order:
            column = self._columns[sort.removeprefix("-")]
            direction = desc if sort.startswith("-") else asc
            statement = self._all.order_by(direction(column), direction(self._key))
            window = statement.offset(bindparam("offset")).limit(bindparam("limit"))
            self._by_order[sort] = window
        return self._by_order[sort]

    def _cursor_after(self, row: object, sort: str) -> str:
        value, key = getattr(row, sort.removeprefix("-")), getattr(row, self._key_name)
        return Cursor(sort=sort, value=value, key=key).encode()


async def _rows(
    reader: Reader | AsyncSession, statement: Select[Any], parameters: dict[str, Any] | None = None
) -> Sequence[Any]:
    if isinstance(reader, Reader):
        return await reader.rows(statement, parameters)
    rows: Sequence[Any] = (await reader.execute(statement, parameters)).all()
    return rows
