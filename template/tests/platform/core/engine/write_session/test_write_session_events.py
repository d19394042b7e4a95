"""SQLAlchemy's events: their listeners are called also where the driver could send statements."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.core.database import session_factory
from app.core.engine import insert as module
from app.core.engine.insert import InsertRow
from tests.platform.gizmo import Gizmo, count_gizmos
from tests.platform.small_engine import small_engine

VALUES = {"name": "first"}


async def test_a_listener_to_the_begin_of_a_session_may_send_statements(
    session: AsyncSession, insert: InsertRow
) -> None:
    def add(session: Session, transaction: object, connection: Connection) -> None:
        connection.execute(sa.insert(Gizmo), VALUES)

    event.listen(session.sync_session, "after_begin", add)
    await insert(session, VALUES)
    await session.commit()
    assert await count_gizmos() == 2


@pytest.mark.parametrize("name", ["before_commit", "commit"])
async def test_a_listener_to_the_commit_may_refuse_it(
    session: AsyncSession, insert: InsertRow, name: str
) -> None:
    def refuse(target: object) -> None:
        raise LookupError

    await insert(session, VALUES)
    connection = (await session.connection()).sync_connection
    event.listen(session.sync_session if name == "before_commit" else connection, name, refuse)
    with pytest.raises(LookupError):
        await session.commit()
    await session.rollback()
    assert await count_gizmos() == 0


@pytest.mark.parametrize("name", ["after_commit", "after_transaction_end"])
async def test_a_listener_to_the_end_of_a_session_may_send_statements(
    session: AsyncSession, insert: InsertRow, name: str
) -> None:
    def add(session: Session, *others: object) -> None:
        with session.get_bind().connect() as connection, connection.begin():  # type: ignore[union-attr]
            connection.execute(sa.insert(Gizmo), VALUES)

    event.listen(session.sync_session, name, add)
    await insert(session, VALUES)
    await session.commit()
    assert await count_gizmos() == 2


@pytest.mark.parametrize("name", ["begin", "checkout", "engine_connect"])
async def test_listeners_of_an_engine_may_send_statements(name: str) -> None:
    def send(connection: Any, *others: object) -> None:
        cursor = (connection if others else connection.connection).cursor()
        cursor.execute("SELECT 1")
        cursor.close()

    insert = InsertRow(Gizmo)
    async with small_engine() as small:
        event.listen(small.sync_engine, name, send)
        for _ in range(2):
            async with session_factory() as session:
                await insert(session, VALUES)
                await session.commit()
    assert await count_gizmos() == 2


async def test_sqlalchemy_sends_what_somebody_listens_to(
    session: AsyncSession, insert: InsertRow, committed: list[Connection]
) -> None:
    seen = list[object]()
    event.listen(session.sync_session, "do_orm_execute", seen.append)
    await insert(session, VALUES)
    await session.commit()
    assert (len(seen), committed) == (1, [])
    async with small_engine(database_echo=True), session_factory() as echoed:
        await insert(echoed, VALUES)
        await echoed.commit()
    assert committed == []


async def test_sqlalchemy_commits_what_it_has_inserted(
    session: AsyncSession,
    insert: InsertRow,
    committed: list[Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module.DirectInsert, "arguments_of", lambda *arguments: None)
    await insert(session, VALUES)
    await session.commit()
    assert (await count_gizmos(), committed) == (1, [])
