"""Pages of a list: bounded, in one stable order, continued by offset or by an opaque cursor."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar

from fastapi import HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import to_jsonable_python
from sqlalchemy import Column, ColumnElement, Numeric, and_, or_

ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page; `next_cursor` is null on the last, `total` unless it was asked for."""

    items: list[ItemT]
    next_cursor: str | None
    total: int | None


@dataclass(frozen=True, kw_only=True)
class RowPage:
    """A page as it comes from the database, to be answered as `Page` of a feature's schema."""

    items: Sequence[Any]
    next_cursor: str | None
    total: int | None


class PageQuery(BaseModel):
    """The query parameters of a list.

    A feature's query adds `sort`, a literal of column names with `-` before them for descending,
    and its filters. What is not declared is refused, so the class is the list of what is allowed.
    Columns to sort by must not be nullable.
    """

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=100_000)
    cursor: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,1000}$")
    total: bool = False
    sort: str = "id"

    def filters(self) -> dict[str, Any]:
        """Return the feature's own parameters that were given, by column name."""
        return self.model_dump(exclude=set(PageQuery.model_fields), exclude_none=True)


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where a page ends: the order it has, and its last row's place in it."""

    sort: str
    value: Any
    key: Any

    @classmethod
    def decode(cls, text: str, *, sort: str, column: Column[Any], key: Column[Any]) -> Self:
        """Read a cursor back.

        Raises:
            HTTPException: 404, when it was made up, or for another order.
        """
        try:
            content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            made_for, value, last = json.loads(content)
            if made_for != sort:
                raise ValueError
            return cls(sort=sort, value=_typed(column, value), key=_typed(key, last))
        except (ArithmeticError, TypeError, ValueError):
            raise HTTPException(
                404, f"No page of a list sorted by {sort} has this cursor."
            ) from None

    def encode(self) -> str:
        """Return the cursor as text that fits into a URL."""
        content = json.dumps(to_jsonable_python([self.sort, self.value, self.key]))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def beyond(self, column: Column[Any], key: Column[Any]) -> ColumnElement[bool]:
        """Return the condition that holds for the rows after this place."""
        if self.sort.startswith("-"):
            return and_(column <= self.value, or_(column < self.value, key < self.key))
        return and_(column >= self.value, or_(column > self.value, key > self.key))


def _typed(column: Column[Any], value: Any) -> Any:
    """Return a cursor's value as one that the column could hold, or raise a ValueError."""
    kind = column.type
    stored_as = getattr(kind, "impl_instance", kind)
    if isinstance(stored_as, Numeric):
        limits = Field(max_digits=stored_as.precision, decimal_places=stored_as.scale)
        return TypeAdapter(Annotated[Decimal, limits]).validate_python(value)
    if kind.python_type is datetime:
        return TypeAdapter(AwareDatetime).validate_python(value).astimezone(UTC)
    typed = TypeAdapter(kind.python_type).validate_python(value)
    if isinstance(typed, str):
        typed.encode()  # a lone surrogate is no text
    return typed
