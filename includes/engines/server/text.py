"""Search in text columns, by code point: `A` and `a` are different."""

from typing import Any

from sqlalchemy import ColumnElement


def prefix(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that a column starts with `text`; no character is a wildcard."""
    return column.startswith(text, autoescape=True)


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that `text` is a part of a column; no character is a wildcard."""
    return column.contains(text, autoescape=True)
