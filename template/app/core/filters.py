"""Filters of lists: the condition that a query parameter stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field
from pydantic.fields import FieldInfo
from sqlalchemy import Column, ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from app.core.filter_operators import OPERATORS, Comparison, Operator

ItemT = TypeVar("ItemT")
Condition = Callable[[Any], ColumnElement[bool]]

# The values of `Filter("in", …)`; in a URL: `?id=1&id=2`.
AnyOf = Annotated[list[ItemT], Field(min_length=1, max_length=100)]


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
        return OPERATORS[self.operator][1].format(self.column.key)

    def on(self, column: Column[Any]) -> Condition:
        """Return the function that makes a condition on the column from a value."""
        compare = self.operator if callable(self.operator) else OPERATORS[self.operator][0]
        return lambda value: compare(column, value)


def declared_filter(field: FieldInfo) -> Filter | None:
    """Return the `Filter` in the type of a field."""
    return next((part for part in field.metadata if isinstance(part, Filter)), None)
