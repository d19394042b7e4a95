"""Pagination: limited pages in a stable order, by offset or by a keyset cursor."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, Unpack, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from sqlalchemy import Column, ColumnElement, Numeric, and_, or_

from app.core.errors import InvalidCursorError
from app.core.filters import Filter, declared_filter
from app.core.query_checks import check_times, column_of, filter_of
from app.models.base import Base

ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page of a list."""

    model_config = ConfigDict(defer_build=True)  # until FastAPI reads the route of the list

    items: list[ItemT] = Field(description="The rows of this page.")
    next_cursor: str | None = Field(
        description="Send it as `cursor` to get the next page; null on the last page."
    )
    total: int | None = Field(
        description="The number of rows on all pages; null unless `total=true` was sent."
    )


class PageQuery(BaseModel):
    """The query parameters of every list.

    A feature's query class adds its filters and `sort`, a literal of column names; `-` before a
    name means descending. Parameters that are not declared are refused. Columns in `sort` must not
    be nullable.

    A field is a filter by the column of its name, or by the `Filter` in its type.

    Args:
        model: the model of the rows, as in `class ProductQuery(PageQuery, model=Product)`.

    Raises:
        TypeError: when the class is made, and a filter or a name in `sort` does not fit the model.
    """

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=100, description="Rows on a page, at most.")
    offset: int = Field(default=0, ge=0, le=100_000, description="Rows to skip.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,1000}$",
        description="`next_cursor` of the page before.",
    )
    total: bool = Field(default=False, description="Count the rows on all pages too.")
    sort: str = Field(default="id", description="Column to sort by; `-` before it: descending.")

    _model: ClassVar[type[Base] | None] = None

    def __init_subclass__(
        cls, *, model: type[Base] | None = None, **config: Unpack[ConfigDict]
    ) -> None:
        super().__init_subclass__(**config)
        cls._model = model or cls._model

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Accept the argument `model`."""

    @classmethod
    def __pydantic_on_complete__(cls) -> None:
        """Check the class, and describe its filters."""
        if cls._model is None:
            return
        columns, names, place = cls._model.__mapper__.columns, cls._sort_names(), cls.__name__
        for name, found in cls.filters_on(cls._model).items():
            check_times(cls, name, columns[found.column.key])
            _describe(cls.model_fields[name], found.description)
        _describe(cls.model_fields["sort"], PageQuery.model_fields["sort"].description)
        if not names:
            raise TypeError(f'{place}.sort: declare a Literal of columns: Literal["id", "-id"].')
        if nullable := [name for name in names if columns[name].nullable]:
            raise TypeError(f"{place}.sort: {nullable} may be NULL; cursors would skip such rows.")

    def filters(self) -> dict[str, Any]:
        """Return the filters that were sent, by the name of the field or of a column."""
        return self.model_dump(exclude=_PAGE_FIELDS, exclude_none=True)

    @classmethod
    def filters_on(cls, model: type[Base]) -> dict[str, Filter]:
        """Return the filters on the columns of a model, by the name of the field.

        Raises:
            TypeError: when a filter or a name in `sort` does not fit the model.
        """
        for name in cls._sort_names():
            column_of(model, name, f"{cls.__name__}.sort")
        found = {}
        for name, field in cls.model_fields.items():
            is_own = name not in _PAGE_FIELDS and not field.exclude
            # Another `filters` names the columns itself.
            if is_own and (cls.filters is PageQuery.filters or declared_filter(field)):
                found[name] = filter_of(cls, name, model)
        return found

    @classmethod
    def _sort_names(cls) -> list[str]:
        names = get_args(cls.model_fields["sort"].annotation)
        return sorted({name.removeprefix("-") for name in names})


def _describe(field: FieldInfo, description: str | None) -> None:
    field.description = field.description or description


_PAGE_FIELDS = set(PageQuery.model_fields)


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The end of a page: its order, and the position of its last row in that order."""

    sort: str
    value: Any
    key: Any

    @classmethod
    def decode(cls, text: str, *, sort: str, column: Column[Any], key: Column[Any]) -> Self:
        """Read a cursor from its text.

        Raises:
            InvalidCursorError: when it is invalid, or belongs to another order.
        """
        try:
            content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            order, value, last = json.loads(content)
            if order != sort:
                raise ValueError
            return cls(sort=sort, value=_typed(column, value), key=_typed(key, last))
        except (ArithmeticError, TypeError, ValueError):
            raise InvalidCursorError("The cursor is not valid for this list.") from None

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        content = json.dumps(to_jsonable_python([self.sort, self.value, self.key]))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def after(self, column: Column[Any], key: Column[Any]) -> ColumnElement[bool]:
        """Return the condition for the rows after this position."""
        if self.sort.startswith("-"):
            return and_(column <= self.value, or_(column < self.value, key < self.key))
        return and_(column >= self.value, or_(column > self.value, key > self.key))


def _typed(column: Column[Any], value: Any) -> Any:
    """Return a cursor's value in the type of the column; raise ValueError when it does not fit."""
    kind = column.type
    stored_as = getattr(kind, "impl_instance", kind)
    if isinstance(stored_as, Numeric):
        limits = Field(max_digits=stored_as.precision, decimal_places=stored_as.scale)
        return TypeAdapter(Annotated[Decimal, limits]).validate_python(value)
    if kind.python_type is datetime:
        return TypeAdapter(AwareDatetime).validate_python(value).astimezone(UTC)
    typed = TypeAdapter(kind.python_type).validate_python(value)
    if isinstance(typed, str):
        typed.encode()  # refuses lone surrogates
    return typed
