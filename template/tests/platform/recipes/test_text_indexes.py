from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.engine.text import prefix
from tests.platform.recipes.text_indexes import Contact

# One that compares by more than bytes, if this system has one; an ordinary index has its order.
COLLATION = text(
    "SELECT collname FROM pg_collation WHERE collname IN ('C.utf8', 'en_US.utf8', 'default')"
    " ORDER BY collname = 'default'"
)
COLLATE = "ALTER TABLE contact ALTER name TYPE varchar(100) COLLATE"


async def test_a_prefix_search_uses_the_index_in_every_collation(
    connection: AsyncConnection,
) -> None:
    collation = await connection.scalar(COLLATION)
    await connection.execute(text(f'{COLLATE} "{collation}"'))
    # As in a table with many rows: to read all of an empty table is always cheaper.
    await connection.execute(text("SET LOCAL enable_seqscan = off"))
    found = select(Contact.id).where(prefix(Contact.__table__.c.name, "100%"))
    statement = found.compile(connection.sync_connection, compile_kwargs={"literal_binds": True})
    plan = str((await connection.exec_driver_sql(f"EXPLAIN {statement}")).all())
    assert "ix_contact_name_prefix" in plan
    assert "Index Cond" in plan
