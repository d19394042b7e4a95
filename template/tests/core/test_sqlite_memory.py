"""A database that lives and ends with the process, and many who write at once."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from app.core import database, lifecycle
from app.core.config import get_settings
from app.core.database import build_engine, reading
from app.main import app
from tests.gizmo import Gizmo


@pytest.fixture
async def memory() -> AsyncIterator[AsyncEngine]:
    changes = {"database_url": SecretStr("sqlite://")}
    engine = build_engine(get_settings().model_copy(update=changes))
    async with engine.begin() as connection:
        await connection.run_sync(Gizmo.metadata.create_all)
    yield engine
    async with engine.begin() as connection:
        await connection.run_sync(Gizmo.metadata.drop_all)
    await engine.dispose()


@pytest.mark.parametrize("where", ["file", "memory"])
@pytest.mark.usefixtures("gizmo_table")
async def test_writers_at_the_same_time_lose_nothing(where: str, memory: AsyncEngine) -> None:
    engine = memory if where == "memory" else database.engine
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        session.add(gizmo := Gizmo(name="first", price=Decimal(0)))

    async def count_up() -> None:
        async with sessions.begin() as session:
            found = await session.get_one(Gizmo, gizmo.id)
            found.price += 1

    async def read() -> None:
        async with reading(engine).connect() as connection:
            await connection.execute(select(Gizmo.price))

    await asyncio.gather(*(count_up() for _ in range(40)), *(read() for _ in range(40)))
    async with sessions.begin() as session:
        assert (await session.get_one(Gizmo, gizmo.id)).price == 40
        await session.execute(delete(Gizmo))


async def test_a_database_in_memory_outlives_its_connections(memory: AsyncEngine) -> None:
    async with memory.begin() as connection:
        await connection.execute(insert(Gizmo).values(name="first"))
    await memory.dispose()
    async with memory.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(Gizmo)) == 1
    async with memory.begin() as connection:
        await connection.execute(delete(Gizmo))


async def test_a_service_in_memory_starts_with_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    async def create_tables() -> None:
        made.append(True)

    in_memory = get_settings().model_copy(update={"database_url": SecretStr("sqlite://")})
    monkeypatch.setattr(lifecycle, "get_settings", lambda: in_memory)
    monkeypatch.setattr(lifecycle, "create_tables", create_tables)
    async with lifecycle.lifespan(app):
        assert made == [True]
