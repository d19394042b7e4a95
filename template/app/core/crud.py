"""The operations that every feature's storage has; they flush, and never commit."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy import Select, asc, bindparam, desc, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pagination import Cursor, PageQuery, RowPage
from app.core.reader import Reader
from app.models.base import Base

ModelT = TypeVar("ModelT", bound=Base)
KeyT = TypeVar("KeyT")


class CRUDBase(Generic[ModelT, KeyT]):
    """Create, read, update, delete and list rows of one model, whose key is one `KeyT`."""

    def __init__(self, model: type[ModelT]) -> None:
        self.model = model
        # By the names that the model and its schemas have for them; the table may have others.
        self.columns = dict(model.__mapper__.columns.items())
        ((self.key_name, self.key),) = [i for i in self.columns.items() if i[1].primary_key]
        self._all = select(*(column.label(name) for name, column in self.columns.items()))
        self._by_key = self._all.where(self.key == bindparam("key"))
        self._by_order: dict[str, Select[Any]] = {}

    async def get(self, session: AsyncSession, key: KeyT, *, lock: bool = False) -> ModelT | None:
        """Return the row with that key, or None.

        Whoever reads a row to change it takes a `lock`: others who do the same wait for the end of
        this transaction, and then see what it has left.
        """
        return await session.get(self.model, key, with_for_update=lock or None)

    async def read(self, reader: Reader | AsyncSession, key: KeyT) -> Any | None:
        """Return the row with that key, or None; not an entity, so reading is cheap."""
        rows = await _rows(reader, self._by_key, {"key": key})
        return rows[0] if rows else None

    async def list(self, reader: Reader | AsyncSession, query: PageQuery) -> RowPage:
        """Return one page of rows, not entities: nothing is tracked, so reading is cheap.

        Raises:
            HTTPException: 404, when the cursor was not made for this list.
        """
        column = self.columns[query.sort.removeprefix("-")]
        conditions = [self.columns[name] == value for name, value in query.filters().items()]
        statement = self._ordered(query.sort)
        if conditions:
            statement = statement.where(*conditions)
        if query.cursor is not None:
            place = Cursor.decode(query.cursor, sort=query.sort, column=column, key=self.key)
            statement = statement.where(place.beyond(column, self.key))
        window = {"offset": query.offset, "limit": query.limit + 1}
        rows = await _rows(reader, statement, window)
        items, more = rows[: query.limit], len(rows) > query.limit
        total = None
        if query.total:
            count = select(func.count()).select_from(self.model).where(*conditions)
            ((total,),) = await _rows(reader, count)
        next_cursor = self._cursor_after(items[-1], query.sort) if more else None
        return RowPage(items=items, next_cursor=next_cursor, total=total)

    async def create(self, session: AsyncSession, values: BaseModel) -> ModelT:
        """Add a row and return it with everything the database filled in."""
        instance = self.model(**values.model_dump())
        session.add(instance)
        await session.flush()
        return instance

    async def update(self, session: AsyncSession, instance: ModelT, values: BaseModel) -> ModelT:
        """Change the fields that were sent, those set to null included, and no other."""
        for name, value in values.model_dump(exclude_unset=True).items():
            setattr(instance, name, value)
        await session.flush()
        return instance

    async def delete(self, session: AsyncSession, instance: ModelT) -> None:
        """Delete the row."""
        await session.delete(instance)
        await session.flush()

    def _ordered(self, sort: str) -> Select[Any]:
        """Return a window of all rows, built once for each order."""
        if sort not in self._by_order:
            column = self.columns[sort.removeprefix("-")]
            direction = desc if sort.startswith("-") else asc
            statement = self._all.order_by(direction(column), direction(self.key))
            window = statement.offset(bindparam("offset")).limit(bindparam("limit"))
            self._by_order[sort] = window
        return self._by_order[sort]

    def _cursor_after(self, row: Any, sort: str) -> str:
        value, key = getattr(row, sort.removeprefix("-")), getattr(row, self.key_name)
        return Cursor(sort=sort, value=value, key=key).encode()


async def _rows(
    reader: Reader | AsyncSession, statement: Select[Any], parameters: dict[str, Any] | None = None
) -> Sequence[Any]:
    if isinstance(reader, Reader):
        return await reader.rows(statement, parameters)
    rows: Sequence[Any] = (await reader.execute(statement, parameters)).all()
    return rows
