"""Comparison of server defaults, which databases write differently than models."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Boolean, Column, FetchedValue, Float, Integer, Numeric
from sqlalchemy.types import TypeEngine

QUOTED = re.compile(r"\(?'(.*)'(::[\w ]+)?\)?", re.DOTALL)
TRUTH = {"false": "0", "true": "1"}


def compare_server_default(
    migration: MigrationContext,
    column: Column[Any],
    model_column: Column[Any],
    default: str | None,
    model_default: FetchedValue | None,
    rendered: str | None,
) -> bool | None:
    """Return whether a default differs from the model's; None leaves the decision to Alembic."""
    if default is None or rendered is None:
        return None
    written = getattr(model_default, "arg", None)
    found, wanted = _plain(default), written if isinstance(written, str) else _plain(rendered)
    if found == wanted or _same_number(model_column.type, found, wanted):
        return False
    # Alembic would put the text between quotes without escaping it.
    return True if "'" in wanted else None


def _plain(default: str) -> str:
    match = QUOTED.fullmatch(default)
    return match[1].replace("''", "'") if match else default


def _same_number(type_: TypeEngine[Any], found: str, wanted: str) -> bool:
    if not isinstance(type_, Boolean | Float | Integer | Numeric):
        return False
    try:
        return Decimal(TRUTH.get(found, found)) == Decimal(TRUTH.get(wanted, wanted))
    except InvalidOperation:
        return False
