"""The operators of filters, and what they say in the description of the API."""

import operator
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import ColumnElement

from app.core.engine.text import contains, prefix

Comparison = Callable[[Any, Any], ColumnElement[bool]]
Operator = Literal[
    "==", "!=", ">=", ">", "<=", "<", "in", "is_null", "prefix", "contains", "icontains"
]

TEXT_OPERATORS = {"prefix", "contains", "icontains"}
OPERATORS: dict[str, tuple[Comparison, str]] = {
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
