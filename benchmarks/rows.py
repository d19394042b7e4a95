"""Rows of the sample table, written with the service's own engine and in its environment.

python -m benchmarks.rows fill 10000
python -m benchmarks.rows keep 10000
"""

import asyncio
import sys
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Table, delete, func, insert, select, text

from app.core.database import engine
from app.product.models import Product

CHUNK = 5_000
CREATED = datetime(2026, 1, 1, tzinfo=UTC)

table: Table = Product.metadata.tables[Product.__tablename__]


async def fill(wanted: int) -> None:
    """Insert rows up to the number `wanted`; in an empty table the keys begin at 1."""
    async with engine.begin() as connection:
        present = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for start in range(present, wanted, CHUNK):
            rows = [row(number) for number in range(start, min(start + CHUNK, wanted))]
            await connection.execute(insert(table), rows)
    await vacuum()


def row(number: int) -> dict[str, object]:
    return {
        "name": f"Product {number}",
        "description": "Something that is for sale, in a sentence of about sixty letters.",
        "price": Decimal(number % 100_000) / 100,
        "is_active": number % 10 != 0,
        "created_at": CREATED,
        "updated_at": CREATED,
    }


async def keep(first: int) -> None:
    """Delete the rows with keys greater than `first`."""
    async with engine.begin() as connection:
        await connection.execute(delete(table).where(table.c.id > first))
    await vacuum()


async def vacuum() -> None:
    """Remove dead rows and update the statistics before the next slice."""
    if engine.dialect.name == "postgresql":
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE product"))


async def main(command: str, rows: str) -> None:
    await {"fill": fill, "keep": keep}[command](int(rows))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
