"""Changes of all rows of a table that is in use. Belongs in a file in `scripts/`."""

import asyncio
from typing import Any

from sqlalchemy import ColumnElement, Update, select
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database import session_scope


async def backfill(
    key: InstrumentedAttribute[Any], change: Update, *, batch: int = 1000, pause: float = 0.05
) -> int:
    """Run an UPDATE on all rows of a table, in transactions of a few rows each.

    It may be stopped and started again if the condition of `change` leaves out finished rows.

    Args:
        key: the primary key of the model.
        change: the UPDATE of all rows.
        batch: the number of rows in one transaction; others wait for its locks that long.
        pause: seconds between two transactions, for the work of others.

    Returns:
        The number of changed rows.
    """
    changed = 0
    rest: list[ColumnElement[bool]] = []
    while True:
        async with session_scope() as session:
            keys = select(key).where(*rest).order_by(key).limit(batch)
            found = (await session.scalars(keys)).all()
            if not found:
                return changed
            rows = change.where(key >= found[0], key <= found[-1])
            result = await session.execute(rows.execution_options(synchronize_session=False))
            changed += result.rowcount  # type: ignore[attr-defined]
        rest = [key > found[-1]]
        await asyncio.sleep(pause)
