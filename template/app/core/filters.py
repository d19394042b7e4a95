"""Filters of lists: the condition that a query parameter stands for."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from sqlalchemy import Column, ColumnElement, String
from sqlalchemy.orm import InstrumentedAttribute

from app.core.engine.text import contains, prefix
from app.models.base import Base

ItemT = TypeVar("ItemT")
Condition = Callable[[Any], ColumnElement[bool]]
Comparison = Callable[[Any, Any], ColumnElement[bool]]
Operator = Literal[
    "==", "!=", ">=", ">", "<=", "<", "in", "is_null", "prefix", "contains", "icontains"
]

# The values of `Filter("in", …)`; in a URL: `?id=1&id=2`.
AnyOf = Annotated[list[ItemT], Field(min_length=1, max_length=100)]

TEXT_OPERATORS = {"prefix", "contains", "icontains"}
_OPERATORS: dict[str, tuple[Comparison, str]] = {
    "==": (operator.eq, "Only rows with this `{}`."),
    "!=": (operator.ne, "Only rows with another `{}`."),
    ">=": (operator.ge, "Only rows whose `{}` is this value or greater."),
    ">": (operator.gt, "Only rows whose `{}` is greater."),
    "<=": (operator.le, "Only rows whose `{}` is this value or less."),
    "<": (operator.lt, "Only rows whose `{}` is less."),
    "in": (lambda column, values: column.in_(values), "Only rows with one of these `{}`."),
    "is_null": (
        lambda column, null: column.is_(None) if null else column.is_not(None),
        "True: only rows without `{}`; false: only rows with it.",
    ),
    "prefix": (prefix, "Only rows whose `{}` starts with this text."),
    "contains": (contains, "Only rows whose `{}` contains this text."),
    "icontains": (
        lambda column, text: column.icontains(text, autoescape=True),
        "Only rows whose `{}` contains this text in upper or lower case.",
    ),
}


@dataclass(frozen=True, eq=False)
class Filter:
    """The condition that a parameter of a list stands for, as a part of the field's type.

        price_min: Annotated[Price | None, Filter(">=", Product.price)] = None

    Args:
        operator: the name of an operator, or a function of the column and the value that returns a
            condition. `in` needs a list with a limit, such as `AnyOf[Name]`; `is_null` needs a
            bool; `prefix`, `contains` and `icontains` need a text column and have no wildcards.
        column: the column, as an attribute of the model.
    """

    operator: Operator | Comparison
    column: InstrumentedAttribute[Any]

    @property
    def description(self) -> str | None:
        """The description of the parameter in the API, if it has no other one."""
        if callable(self.operator):
            return None
        return _OPERATORS[self.operator][1].format(self.column.key)

    def on(self, column: Column[Any]) -> Condition:
        """Return the function that makes a condition on the column from a value."""
        compare = self.operator if callable(self.operator) else _OPERATORS[self.operator][0]
        return lambda value: compare(column, value)


def declared_filter(field: FieldInfo) -> Filter | None:
    """Return the `Filter` in the type of a field."""
    return next((part for part in field.metadata if isinstance(part, Filter)), None)


def filter_of(query: type[BaseModel], name: str, model: type[Base]) -> Filter:
    """Return the filter of a query class's field; without `Filter` it is the column's equality.

    Raises:
        TypeError: when it does not fit the model.
    """
    place = f"{query.__name__}.{name}"
    found = declared_filter(query.model_fields[name])
    if found is None:
        column_of(model, name, place)
        return Filter("==", getattr(model, name))
    if found.column.class_ not in model.__mro__:
        raise TypeError(f"{place}: {found.column} is not a column of {model.__name__}.")
    column = column_of(model, found.column.key, place)
    kind = getattr(column.type, "impl_instance", column.type)
    if found.operator in TEXT_OPERATORS and not isinstance(kind, String):
        raise TypeError(f"{place}: {found.operator} needs a text column, not {found.column}.")
    if found.operator == "in":
        schema = query.model_json_schema(by_alias=False)["properties"][name]
        if "maxItems" not in str(schema):
            raise TypeError(f"{place}: in needs a list with a limit, such as AnyOf[int].")
    return found


def column_of(model: type[Base], name: str, place: str) -> Column[Any]:
    """Return a column of the model by the name of its attribute.

    Raises:
        TypeError: when there is none; the message starts with `place`.
    """
    columns = model.__mapper__.columns
    if name not in columns:
        names = ", ".join(columns.keys())
        raise TypeError(f"{place}: {model.__name__} has no column {name}; it has {names}.")
    return columns[name]
