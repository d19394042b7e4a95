"""Databases in memory, and concurrent writers."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from app.core import database
from app.core.config import Settings, get_settings
from app.core.database import build_engine, read_only
from app.core.engine import driver
from app.core.engine.url import MEMORY, parse_url
from tests.platform.gizmo import Gizmo


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
async def test_concurrent_writers_lose_no_update(where: str, memory: AsyncEngine) -> None:
    engine = memory if where == "memory" else database.engine
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        session.add(gizmo := Gizmo(name="first", price=Decimal(0)))

    async def count_up() -> None:
        async with sessions.begin() as session:
            found = await session.get_one(Gizmo, gizmo.id)
            found.price += 1

    async def read() -> None:
        async with read_only(engine, get_settings()).connect() as connection:
            await connection.execute(select(Gizmo.price))

    await asyncio.gather(*(count_up() for _ in range(40)), *(read() for _ in range(40)))
    async with sessions.begin() as session:
        assert (await session.get_one(Gizmo, gizmo.id)).price == 40
        await session.execute(delete(Gizmo))


async def test_a_database_in_memory_is_kept_after_its_connections(memory: AsyncEngine) -> None:
    async with memory.begin() as connection:
        await connection.execute(insert(Gizmo).values(name="first"))
    await memory.dispose()
    async with memory.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(Gizmo)) == 1
    async with memory.begin() as connection:
        await connection.execute(delete(Gizmo))


async def test_startup_creates_the_tables_of_a_database_in_memory() -> None:
    settings = get_settings().model_copy(update={"database_url": SecretStr("sqlite://")})
    engine = build_engine(settings)
    await driver.on_startup(engine, settings, Gizmo.metadata)
    async with engine.begin() as connection:
        assert await connection.scalar(select(func.count()).select_from(Gizmo)) == 0
        await connection.run_sync(Gizmo.metadata.drop_all)
    await engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", str(MEMORY)])
def test_every_url_in_memory_is_the_same_database(url: str) -> None:
    assert parse_url(url) == MEMORY


def test_the_name_of_the_database_is_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    settings = Settings(_env_file=None, database_name="a%b?c.db")
    assert settings.sqlalchemy_url.database == "a%b?c.db"
    assert Settings(_env_file=None, database_name=":memory:").sqlalchemy_url == MEMORY


def test_worker_processes_cannot_share_a_database_in_memory() -> None:
    with pytest.raises(ValidationError, match="cannot share a database in memory"):
        Settings(_env_file=None, database_url=SecretStr("sqlite://"), web_concurrency=2)
