"""Transactions whose INSERT and COMMIT the driver sends itself."""

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import asyncpg as adapter
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import session_factory
from app.core.engine import insert as module
from app.core.engine.insert import InsertRow, WriteSession
from app.models.base import NAMING_CONVENTION, IntegerPrimaryKey
from tests.platform.base import Base
from tests.platform.gizmo import Gizmo, count_gizmos
from tests.platform.small_engine import small_engine

VALUES = {"name": "first"}


class Ticket(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "ticket"
    __table_args__ = (sa.UniqueConstraint("seat", deferrable=True, initially="DEFERRED"),)
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    seat: Mapped[str] = mapped_column(sa.String(20))


async def test_a_create_is_sent_without_a_greenlet(
    session: AsyncSession, insert: InsertRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(awaited: object) -> None:
        raise AssertionError(awaited)

    with monkeypatch.context() as patch:
        for sender in (module, adapter):
            patch.setattr(sender, "await_", refuse)
        await insert(session, VALUES)
        await session.commit()
    assert await count_gizmos() == 1


async def test_what_is_pending_is_part_of_the_transaction(
    session: AsyncSession, insert: InsertRow
) -> None:
    await insert(session, VALUES)
    session.add(Gizmo(name="x" * 101))
    with pytest.raises(DBAPIError):
        await session.commit()
    await session.rollback()
    assert await count_gizmos() == 0


async def test_a_savepoint_is_part_of_the_commit(session: AsyncSession, insert: InsertRow) -> None:
    await insert(session, VALUES)
    await session.begin_nested()
    await insert(session, VALUES)
    await session.commit()
    assert await count_gizmos() == 2


async def test_a_transaction_after_a_rollback_is_another_one(
    session: AsyncSession, insert: InsertRow, committed: list[Connection]
) -> None:
    await insert(session, VALUES)
    await session.rollback()
    await session.execute(sa.insert(Gizmo), VALUES)
    await session.commit()
    assert (await count_gizmos(), committed) == (1, [])


async def test_a_row_that_was_refused_leaves_nothing_to_commit(
    session: AsyncSession, insert: InsertRow, committed: list[Connection]
) -> None:
    with pytest.raises(DBAPIError):
        await insert(session, {"name": None})
    await session.commit()
    assert (await count_gizmos(), committed) == (0, [])


async def test_a_session_of_a_connection_keeps_its_transaction(insert: InsertRow) -> None:
    async with small_engine() as small, small.connect() as connection:
        transaction = await connection.begin()
        async with WriteSession(connection) as session:
            await insert(session, VALUES)
            await session.commit()
        await transaction.rollback()
    assert await count_gizmos() == 0


async def test_an_engine_without_transactions_has_nothing_to_commit(insert: InsertRow) -> None:
    async with small_engine() as small:
        engine = small.execution_options(isolation_level="AUTOCOMMIT")
        async with WriteSession(engine) as session:
            await insert(session, VALUES)
            assert await count_gizmos() == 1
            await session.commit()


async def test_a_lost_connection_is_not_committed(session: AsyncSession, insert: InsertRow) -> None:
    await insert(session, VALUES)
    await (await session.connection()).invalidate()
    with pytest.raises(PendingRollbackError):
        await session.commit()
    await session.rollback()
    assert await count_gizmos() == 0


async def test_a_failed_commit_has_the_error_of_sqlalchemy() -> None:
    insert, raised = InsertRow(Ticket), list[DBAPIError]()
    async with small_engine(database_pool_size=1, database_max_overflow=0) as small:
        async with small.begin() as connection:
            await connection.run_sync(Ticket.metadata.create_all)
        try:
            for session in (AsyncSession(small), session_factory()):
                async with session:
                    for _ in range(2):
                        await insert(session, {"seat": "1A"})
                    with pytest.raises(DBAPIError) as error:
                        await session.commit()
                    raised.append(error.value)
                    await session.rollback()
                assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
        finally:
            async with small.begin() as connection:
                await connection.run_sync(Ticket.metadata.drop_all)
    by_sqlalchemy, by_driver = raised
    assert type(by_driver) is type(by_sqlalchemy)
    assert type(by_driver.orig) is type(by_sqlalchemy.orig)
    assert by_driver.statement is by_sqlalchemy.statement is None


async def test_a_session_with_two_engines_commits_on_both(
    session: AsyncSession, insert: InsertRow, make_engine: Callable[..., AsyncEngine]
) -> None:
    other, tickets = make_engine(), Ticket.metadata
    async with other.begin() as connection:
        await connection.run_sync(tickets.create_all)
    try:
        session.sync_session.bind_mapper(Ticket, other.sync_engine)
        await insert(session, VALUES)
        await InsertRow(Ticket)(session, {"seat": "1A"})
        await session.commit()
        assert await session.scalar(sa.select(sa.func.count()).select_from(Ticket)) == 1
        await session.rollback()
    finally:
        async with other.begin() as connection:
            await connection.run_sync(tickets.drop_all)
    assert await count_gizmos() == 1


async def test_a_cancelled_commit_loses_no_permit(
    insert: InsertRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def end(connection: Connection) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(module, "_commit", end)
    async with small_engine(database_pool_size=1, database_max_overflow=0) as small:
        async with session_factory() as session:
            await insert(session, VALUES)
            with pytest.raises(asyncio.CancelledError):
                await session.commit()
        assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert await count_gizmos() == 0
