"""A real database, built by the migrations; each test's changes are rolled back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, nullcontext

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests import database

_resources = ExitStack()


# Last, so that what the migrations import is measured too.
@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Set the variables before any test module imports the app, which reads them once."""
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
    """Begin with what takes longest, so that parallel processes end together."""
    items.sort(key=lambda item: item.path.name != "test_process.py")


def pytest_unconfigure() -> None:
    _resources.close()


@pytest.fixture
async def connection() -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back; the app reads and writes on it."""
    from app.core.database import engine, read_session_factory, reader, session_factory

    async with engine.connect() as connection:
        transaction = await connection.begin()
        originals = {
            factory: dict(factory.kw) for factory in (read_session_factory, session_factory)
        }
        for factory in originals:
            factory.configure(bind=connection, join_transaction_mode="create_savepoint")
        connect = reader.connect
        reader.connect = lambda: nullcontext(connection.sync_connection)  # type: ignore[arg-type]
        yield connection
        reader.connect = connect
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
async def client(connection: AsyncConnection) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, without a network between them."""
    from app.main import app
    from tests.serving import client_of

    async with client_of(app) as client:
        yield client


@pytest.fixture(scope="module")
async def gizmo_table() -> AsyncIterator[None]:
    """The table of gizmos, gone before another module compares the tables with the models."""
    from app.core.database import engine
    from tests.gizmo import Gizmo

    async with engine.begin() as connection:
        await connection.run_sync(Gizmo.metadata.create_all)
    yield
    async with engine.begin() as connection:
        await connection.run_sync(Gizmo.metadata.drop_all)
    # Connections remember statements on the table, which may come again.
    await engine.dispose()


@pytest.fixture
async def gizmo_client(
    gizmo_table: None, connection: AsyncConnection
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app with gizmos, without a network between them."""
    from app.main import create_app
    from tests.gizmo import with_gizmos
    from tests.serving import client_of

    async with client_of(with_gizmos(create_app())) as client:
        yield client


@pytest.fixture
async def rebuilt_database() -> AsyncIterator[None]:
    """Build the database anew after a test that commits to tables it can not know."""
    from app.core.database import engine

    yield
    await engine.dispose()
    await asyncio.to_thread(database.build, engine.url)
