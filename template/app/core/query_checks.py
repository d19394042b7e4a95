"""Checks of query classes: their filters and sorts fit the columns of a model."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy import Column, String

from app.core.filter_operators import TEXT_OPERATORS
from app.core.filters import Filter, declared_filter
from app.models.base import Base


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
