"""Pages of one model: their filters, order, cursors and totals."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, asc, bindparam, desc, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import object_mapper
from sqlalchemy.orm.strategy_options import _AbstractLoad

from app.core.engine.direct import named_rows
from app.core.engine.reader import Reader
from app.core.filters import Condition
from app.core.pagination import Cursor, Page, PageQuery
from app.models.base import Base

ItemT = TypeVar("ItemT", bound=BaseModel)
# A loader option for a relationship, such as `joinedload(Order.product)`.
LoadOption = _AbstractLoad
Fetch = Callable[[Any, Select[Any], dict[str, Any]], Awaitable[Sequence[Any]]]


class Listing:
    """Reads the pages of one model.

    Args:
        model: the model; its primary key is one column.
        criteria: the conditions of its rows.
    """

    def __init__(self, model: type[Base], criteria: Sequence[ColumnElement[bool]]) -> None:
        self._model = model
        self._count = select(func.count()).select_from(model).where(*criteria)
        self._columns = dict(model.__mapper__.columns.items())
        ((self._key_name, self._key),) = [i for i in self._columns.items() if i[1].primary_key]
        self._by_order: dict[tuple[str, Select[Any]], Select[Any]] = {}
        self._filters: dict[type[PageQuery], dict[str, Condition]] = {}

    async def page(
        self,
        reader: Reader | AsyncSession,
        query: PageQuery,
        page: type[Page[ItemT]],
        statement: Select[Any],
        fetch: Fetch,
    ) -> Page[ItemT]:
        """Return one page of `statement`, which is made from `ordered`.

        Raises:
            InvalidCursorError: when the cursor does not belong to this list.
            TypeError: when the query class does not fit the model.
        """
        conditions = self._conditions(query)
        if conditions:
            statement = statement.where(*conditions)
        if query.cursor is not None:
            column = self._columns[query.sort.removeprefix("-")]
            position = Cursor.decode(query.cursor, sort=query.sort, column=column, key=self._key)
            statement = statement.where(position.after(column, self._key))
        rows = await fetch(reader, statement, {"offset": query.offset, "limit": query.limit + 1})
        items, more = rows[: query.limit], len(rows) > query.limit
        total = None
        if query.total:
            ((total,),) = await fetch_rows(reader, self._count.where(*conditions))
        next_cursor = self._cursor_after(items[-1], query.sort) if more else None
        content = {"items": items, "next_cursor": next_cursor, "total": total}
        return page.model_validate(content, from_attributes=True)

    def ordered(self, sort: str, statement: Select[Any]) -> Select[Any]:
        """Return `statement` for a page in this order; it is built once for both.

        Its rows have the names of the model's attributes, or are entities.
        """
        order = sort, statement
        if order not in self._by_order:
            column = self._columns[sort.removeprefix("-")]
            direction = desc if sort.startswith("-") else asc
            rows = statement.order_by(direction(column), direction(self._key))
            window = rows.offset(bindparam("offset")).limit(bindparam("limit"))
            self._by_order[order] = window
        return self._by_order[order]

    def _conditions(self, query: PageQuery) -> Sequence[ColumnElement[bool]]:
        kind = type(query)
        if kind not in self._filters:
            self._filters[kind] = {
                name: declared.on(self._columns[declared.column.key])
                for name, declared in kind.filters_on(self._model).items()
            }
        filters = self._filters[kind]
        return [
            filters[name](value) if name in filters else self._columns[name] == value
            for name, value in query.filters().items()
        ]

    def _cursor_after(self, row: object, sort: str) -> str:
        value, key = getattr(row, sort.removeprefix("-")), getattr(row, self._key_name)
        return Cursor(sort=sort, value=value, key=key).encode()


def page_of(schema: type[ItemT]) -> type[Page[ItemT]]:
    """Return the schema of a page whose items have this schema."""
    return Page[schema]  # type: ignore[valid-type]


async def fetch_rows(
    reader: Reader | AsyncSession, statement: Select[Any], parameters: dict[str, Any] | None = None
) -> Sequence[Any]:
    """Return the rows of a statement."""
    if isinstance(reader, Reader):
        return await reader.rows(statement, parameters)
    return named_rows(await reader.execute(statement, parameters))


async def fetch_entities(
    session: AsyncSession, statement: Select[Any], parameters: dict[str, Any]
) -> Sequence[Any]:
    """Return the entities of a statement, each of them once."""
    return (await session.scalars(statement, parameters)).unique().all()


async def fetch_related(
    session: Reader | AsyncSession, statement: Select[Any], parameters: dict[str, Any]
) -> Sequence[Any]:
    """Return the entities of a statement with their relationships as stored, each of them once.

    The columns of an entity that the session holds are those of the session. Relationships that its
    entities have loaded before have to be loaded again.

    Raises:
        TypeError: when `session` is a reader.
    """
    if isinstance(session, Reader):
        raise TypeError("A reader cannot read relationships: use CurrentSession.")
    await session.flush()
    # A relationship that was loaded before does not follow a change of its foreign key.
    for entity in session:
        if names := object_mapper(entity).relationships.keys():
            session.expire(entity, names)
    return await fetch_entities(session, statement, parameters)
