"""Checks of query classes: their filters and sorts fit the columns of a model."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Column, String

from app.core.filter_operators import OPERATORS, TEXT_OPERATORS
from app.core.filters import Filter, declared_filter
from app.models.base import Base
from app.models.types import UTCDateTime

# No offset, and one that leads to the year 10000.
REFUSED_TIMES = ("2026-01-01T00:00:00", "9999-12-31T23:59:59-14:00")


def filter_of(query: type[BaseModel], name: str, model: type[Base]) -> Filter:
    """Return the filter of a query class's field; without `Filter` it is the column's equality.

    Raises:
        TypeError: when it does not fit the model.
    """
    place = f"{query.__name__}.{name}"
    found = declared_filter(query.model_fields[name])
    if found is None:
        annotation = query.model_fields[name].annotation
        if "Filter(operator=" in repr(annotation):
            raise TypeError(f"{place}: put None into the type: Annotated[... | None, Filter(...)].")
        if "list[" in repr(annotation):
            raise TypeError(f'{place}: a list needs a filter: Annotated[..., Filter("in", ...)].')
        column_of(model, name, place)
        return Filter("==", getattr(model, name))
    if not callable(found.operator) and found.operator not in OPERATORS:
        names = ", ".join(OPERATORS)
        raise TypeError(f"{place}: {found.operator} is no operator; the operators are {names}.")
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


def check_times(query: type[BaseModel], name: str, column: Column[Any]) -> None:
    """Check that a filter on a datetime accepts only times that the column can compare.

    Raises:
        TypeError: when it accepts another one; each request with it would fail.
    """
    if not isinstance(column.type, UTCDateTime):
        return
    for sent in (each for time in REFUSED_TIMES for each in (time, [time])):
        with suppress(ValidationError):
            # Only this field, since others may be required.
            checked = query.model_construct()
            query.__pydantic_validator__.validate_assignment(checked, name, sent)
            value = getattr(checked, name)
            if not all(map(_is_comparable, value if isinstance(value, list) else [value])):
                place = f"{query.__name__}.{name}"
                raise TypeError(f"{place}: use the type UTCTime; it accepts times like {sent}.")


def _is_comparable(value: object) -> bool:
    if isinstance(value, datetime):
        return value.utcoffset() == timedelta(0)
    return not isinstance(value, date)
