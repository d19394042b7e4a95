"""Error codes, URLs and statements of SQLite for the tests."""

import asyncio
import sqlite3
from decimal import Decimal
from typing import Any

from sqlalchemy import func, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.models.exact_numeric import ExactNumeric

# Error codes by their meaning; `OTHER` are errors of the statement.
CONFLICTS: list[Any] = [787, 1555, 2067, 2579]
INVALID: list[Any] = [18, 20, 275]
UNAVAILABLE: list[Any] = [5, 6, 8, 9, 10, 13, 14, 517, 2570]
# Codes of `UNAVAILABLE` after which the transaction may run again.
RETRYABLE: list[Any] = [517]
OTHER: list[Any] = [1, 1299, 1811, 0]

URL = "sqlite:////data/shop.db"
UNSAFE_URL = "sqlite://"
UNSAFE_BECAUSE = "in memory is deleted when the process ends"
SPELLINGS = {
    f" {spelling}:///{path}\n": f"sqlite+aiosqlite:///{path}"
    for spelling in ("sqlite", "sqlite+aiosqlite", "sqlite+pysqlite")
    for path in ("shop.db", "/data/shop.db", "a b%c.db")
}
REFUSED_URLS = [
    ("oracle://h/shop", "this service uses SQLite"),
    ("shop.db", "it must have the form sqlite:///PATH"),
    ("sqlite://shop.db", "three slashes before a relative path"),
    ("sqlite:///shop.db?mode=ro", "the parameter mode is unknown; none is accepted"),
]

SAFE_INDEX_OPTIONS = ""
ADD_CHECK = (
    'with op.batch_alter_table("scratch") as batch: batch.create_check_constraint("ck_scratch", {})'
)
NOW = func.now()
PRICE = ExactNumeric(10, 2)
TEXT_INDEX: dict[str, Any] = {}
# The types that only this database has, each with a value.
OWN_TYPES: dict[str, tuple[Any, Any]] = {"exact": (ExactNumeric(10, 2), Decimal("1.50"))}
STREAM_NEEDS_TRANSACTION = False
EXPLAIN = "EXPLAIN QUERY PLAN"
ANALYZE_PART = text("ANALYZE part")
# An object of keys and values, and the list of all rows; see docs/recipes/relations-in-lists.md.
JSON_OBJECT, JSON_ARRAY = func.json_object, func.json_group_array
UNUSABLE_URL = "sqlite:////dev/null/shop_test"
UNREACHABLE: dict[str, Any] = {"database": "/nowhere/top-secret.db"}
SLOW = """
    WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)
    SELECT COUNT(*) FROM n
"""


class DriverError(sqlite3.Error):
    """An error of the driver with a code."""

    def __init__(self, code: int) -> None:
        self.sqlite_errorcode = code


async def disturb(engine: AsyncEngine) -> None:
    """Block all other writers for a moment."""
    async with engine.begin():
        await asyncio.sleep(0.01)
