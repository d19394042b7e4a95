from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import database
from app.core.config import get_settings
from app.core.errors import DatabaseUnavailableError, ReadOnlyError
from app.models.base import Base
from tests.platform.database_server import SLOW
from tests.platform.gizmo import Gizmo

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def count(session: AsyncSession) -> int:
    return (await session.execute(select(func.count()).select_from(Gizmo))).scalar_one()


async def table_exists() -> bool:
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda c: inspect(c).has_table(Gizmo.__tablename__))


@pytest.mark.usefixtures("connection")
async def test_a_session_scope_commits_its_changes() -> None:
    async with database.session_scope() as session:
        session.add(Gizmo(name="first"))
    async with database.read_session_factory() as reader:
        assert await count(reader) == 1


@pytest.mark.usefixtures("connection")
async def test_an_error_in_a_session_scope_rolls_back() -> None:
    async def fail() -> None:
        async with database.session_scope() as session:
            await session.execute(insert(Gizmo).values(name="first"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.read_session_factory() as reader:
        assert await count(reader) == 0


@pytest.mark.usefixtures("connection")
async def test_a_read_session_refuses_writes() -> None:
    async with database.read_session_factory() as session:
        session.add(Gizmo(name="first"))
        with pytest.raises(ReadOnlyError):
            await session.flush()
    async with database.read_session_factory() as session:
        with pytest.raises(ReadOnlyError):
            await session.execute(delete(Gizmo))


async def test_entities_stay_readable_after_the_commit(session: AsyncSession) -> None:
    gizmo = Gizmo(name="first")
    session.add(gizmo)
    await session.commit()
    assert gizmo.id > 0
    assert gizmo.created_at <= gizmo.updated_at


async def test_a_slow_statement_is_cancelled() -> None:
    settings = get_settings().model_copy(update={"database_statement_timeout": 0.2})
    engine = database.build_engine(settings)
    async with engine.connect() as connection:
        with pytest.raises((DatabaseUnavailableError, DBAPIError)):
            await connection.execute(text(SLOW))
        await connection.rollback()
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_a_wait_for_a_lock_ends_after_the_lock_timeout() -> None:
    async with database.session_scope() as session:
        session.add(gizmo := Gizmo(name="first"))
    changes = {"database_lock_timeout": 0.2, "database_statement_timeout": 2}
    settings = get_settings().model_copy(update=changes)
    engine = database.build_engine(settings)
    async with engine.begin() as holder, engine.connect() as waiter:
        change = update(Gizmo).where(Gizmo.id == gizmo.id).values(name="second")
        await holder.execute(change)
        with pytest.raises((DatabaseUnavailableError, DBAPIError)) as ended:
            await waiter.execute(change)
        # Behind a pooler the server has no time limit, and the driver ends the wait.
        assert isinstance(ended.value, DatabaseUnavailableError) or "ock" in str(ended.value)
    async with engine.begin() as connection:
        await connection.execute(delete(Gizmo))
    await engine.dispose()


async def test_tables_are_created_dropped_and_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Base, "metadata", Gizmo.metadata)
    async with database.session_scope() as session:
        session.add(Gizmo(name="first"))
    await database.reset_tables()
    async with database.read_session_factory() as reader:
        assert await count(reader) == 0
    await database.drop_tables()
    assert not await table_exists()
    await database.create_tables()
    assert await table_exists()
    await database.engine.dispose()


@pytest.mark.parametrize(
    "helper", [database.create_tables, database.drop_tables, database.reset_tables]
)
async def test_tables_are_not_changed_in_production(
    monkeypatch: pytest.MonkeyPatch, helper: Callable[[], Awaitable[None]]
) -> None:
    production = get_settings().model_copy(update={"environment": "production"})
    monkeypatch.setattr(database, "get_settings", lambda: production)
    with pytest.raises(RuntimeError, match="in local only, not in production"):
        await helper()
