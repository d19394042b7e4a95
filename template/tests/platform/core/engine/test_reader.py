from typing import Any

import pytest
from sqlalchemy import Select, delete, event, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import read_session_factory, reader, session_scope
from app.core.engine.direct import sends_on_use
from app.core.engine.reader import Reader
from app.core.errors import ReadOnlyError
from tests.platform.gizmo import Gizmo
from tests.platform.small_engine import small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def test_a_reader_refuses_writes() -> None:
    with pytest.raises(ReadOnlyError):
        await reader.rows(delete(Gizmo))  # type: ignore[arg-type]


async def test_rows_have_the_names_of_their_columns(session: AsyncSession, reader: Reader) -> None:
    session.add(Gizmo(name="first"))
    await session.flush()
    (row,) = await reader.rows(select(Gizmo.name, func.length(Gizmo.name).label("size")))
    assert row == ("first", 5)
    assert (getattr(row, "name"), getattr(row, "size")) == row  # noqa: B009, not in its type
    (row,) = await reader.rows(select(Gizmo.name, Gizmo.name.label("class")))
    assert getattr(row, "_1") == "first"  # noqa: B009


async def test_a_reader_holds_no_connection_between_statements() -> None:
    async with small_engine(database_pool_size=1, database_max_overflow=0) as engine:
        for _ in range(2):
            assert await reader.rows(select(Gizmo.id)) == []
            assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["checkout", "checkin", "reset"])
async def test_listeners_of_the_pool_may_send_statements(name: str) -> None:
    sent = []

    def send(connection: Any, *arguments: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
        sent.append(name)

    async with small_engine(database_pool_size=1, database_max_overflow=0) as engine:
        for _ in range(2):
            await reader.rows(select(Gizmo.id))
        assert not sends_on_use(engine.sync_engine)
        event.listen(engine.sync_engine, name, send)
        for _ in range(2):
            assert await reader.rows(select(Gizmo.id)) == []
        assert sends_on_use(engine.sync_engine)
    assert len(sent) == 2


async def test_listeners_of_connections_may_send_statements() -> None:
    async with small_engine(database_pool_size=1, database_max_overflow=0) as engine:
        await reader.rows(select(Gizmo.id))
        event.listen(engine.sync_engine, "engine_connect", lambda new: new.scalar(select(1)))
        assert await reader.rows(select(Gizmo.id)) == []


async def test_a_write_after_a_read_is_in_a_transaction() -> None:
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


async def test_the_log_of_sqlalchemy_shows_each_statement(
    caplog: pytest.LogCaptureFixture,
) -> None:
    statement = select(Gizmo.name)
    await reader.rows(statement)
    with caplog.at_level("INFO", logger="sqlalchemy.engine"):
        for _ in range(2):
            await reader.rows(statement)
    assert caplog.text.count("FROM gizmo") == 2
