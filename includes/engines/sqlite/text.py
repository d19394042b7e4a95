"""Search in text columns, by code point: `A` and `a` are different.

By GLOB: LIKE ignores the case of ASCII letters, and cannot use the index of a column.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement


def prefix(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that a column starts with `text`; no character is a wildcard."""
    return column.bool_op("GLOB")(f"{_escaped(text)}*")


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Return the condition that `text` is a part of a column; no character is a wildcard."""
    return column.bool_op("GLOB")(f"*{_escaped(text)}*")


def _escaped(text: str) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", text)
