from typing import Any

import pytest
from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import read_session_factory, reader, session_scope
from app.core.errors import ReadOnlySessionError
from tests.gizmo import Gizmo
from tests.small import small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def test_a_reader_refuses_to_write() -> None:
    with pytest.raises(ReadOnlySessionError):
        await reader.rows(delete(Gizmo))


@pytest.mark.usefixtures("connection")
async def test_rows_have_the_names_of_their_columns(session: AsyncSession) -> None:
    session.add(Gizmo(name="first"))
    await session.flush()
    (row,) = await reader.rows(select(Gizmo.name, func.length(Gizmo.name).label("size")))
    assert (row.name, row.size) == ("first", 5)
    (row,) = await reader.rows(select(Gizmo.name, Gizmo.name.label("class")))
    assert row.name == row._1 == "first"


async def test_a_reader_holds_no_connection_between_statements() -> None:
    async with small_engine(database_pool_size=1, database_max_overflow=0) as engine:
        for _ in range(2):
            assert await reader.rows(select(Gizmo.id)) == []
            assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_write_after_a_read_is_in_a_transaction_again() -> None:
    async def fail() -> None:
        async with session_scope() as session:
            await session.execute(insert(Gizmo).values(name="first"))
            raise LookupError

    async with small_engine(database_pool_size=1, database_max_overflow=0):
        for read in (reader.rows, read_in_session):
            await read(select(Gizmo.id))
            with pytest.raises(LookupError):
                await fail()
        assert await reader.rows(select(Gizmo.id)) == []


async def read_in_session(statement: Select[Any]) -> None:
    async with read_session_factory() as session:
        await session.execute(statement)
