"""Fixtures: a real database, built by the migrations; the changes of each test are rolled back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from tests.platform import database

if TYPE_CHECKING:
    from app.core.engine.reader import Reader

_resources = ExitStack()


# Last, so that coverage includes the imports of the migrations.
@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Set the variables before a test module imports the app, which reads them once."""
    config = session.config
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # the workers run the tests
    try:
        url = _resources.enter_context(database.own_database())
        os.environ["ENVIRONMENT"] = "local"
        os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
        database.build(url)
    except SystemExit as stop:
        raise pytest.UsageError(str(stop)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that parallel processes end together."""
    items.sort(key=lambda item: item.path.name != "test_process.py")


def pytest_unconfigure() -> None:
    _resources.close()


@pytest.fixture
async def connection() -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back; all sessions of the app use it too."""
    from app.core.database import engine, read_session_factory, session_factory

    async with engine.connect() as connection:
        transaction = await connection.begin()
        originals = {
            factory: dict(factory.kw) for factory in (read_session_factory, session_factory)
        }
        for factory in originals:
            factory.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield connection
        for factory, original in originals.items():
            factory.kw.clear()
            factory.configure(**original)
        await transaction.rollback()


@pytest.fixture
async def session(connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """A session on the connection of the test."""
    from app.core.database import session_factory

    async with session_factory() as session:
        yield session


@pytest.fixture
def reader(connection: AsyncConnection) -> Reader:
    """A reader on the connection of the test."""
    from app.core.engine.reader import Reader

    return Reader(lambda: nullcontext(connection.sync_connection))  # type: ignore[arg-type]


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, without a network; its requests use the connection of the test."""
    from tests.platform.clients import client_of

    async with client_of(app) as client:
        yield client


@pytest.fixture
def app(reader: Reader) -> Iterator[FastAPI]:
    """The app; its readers use the connection of the test too."""
    from app.core.database import get_reader
    from app.main import app

    app.dependency_overrides[get_reader] = lambda: reader
    yield app
    app.dependency_overrides.clear()


@pytest.fixture(scope="module")
async def gizmo_table() -> AsyncIterator[None]:
    """The table of gizmos; dropped before another module compares the tables with the models."""
    from app.core.database import engine
    from tests.platform.gizmo import Gizmo

    async with engine.begin() as connection:
        await connection.run_sync(Gizmo.metadata.create_all)
    yield
    async with engine.begin() as connection:
        await connection.run_sync(Gizmo.metadata.drop_all)
    # Pooled connections have prepared statements for the dropped table.
    await engine.dispose()


@pytest.fixture
async def gizmo_client(gizmo_table: None, reader: Reader) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app with gizmos."""
    from app.core.database import get_reader
    from app.main import create_app
    from tests.platform.clients import client_of
    from tests.platform.gizmo import with_gizmos

    app = with_gizmos(create_app())
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def committed_gizmos(gizmo_table: None) -> AsyncIterator[None]:
    """Delete the gizmos that the test commits."""
    from app.core.database import session_scope
    from tests.platform.gizmo import Gizmo

    yield
    async with session_scope() as session:
        await session.execute(delete(Gizmo))


@pytest.fixture
async def make_engine() -> AsyncIterator[Callable[..., AsyncEngine]]:
    """Return a function that builds engines with two connections and short time limits."""
    from app.core.config import get_settings
    from app.core.database import build_engine

    engines = []

    def make(**changes: Any) -> AsyncEngine:
        changes = {
            "database_pool_size": 1,
            "database_max_overflow": 1,
            "database_pool_timeout": 0.5,
            "database_connect_timeout": 0.5,
        } | changes
        engines.append(build_engine(get_settings().model_copy(update=changes)))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.dispose()


@pytest.fixture
async def rebuilt_database() -> AsyncIterator[None]:
    """Rebuild the database after the test, which may commit changes of any table."""
    from app.core.database import engine

    yield
    await engine.dispose()
    await asyncio.to_thread(database.build, engine.url)
