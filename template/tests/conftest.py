"""A real database, built by the migrations; each test's changes are rolled back."""

import os
from collections.abc import AsyncIterator
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests import database

_resources = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Set the variables before any test module imports the app, which reads them once."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # the workers run the tests
    url = _resources.enter_context(database.own_database())
    os.environ["ENVIRONMENT"] = "local"
    os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
    database.build(url)


def pytest_unconfigure() -> None:
    _resources.close()


@pytest.fixture
async def connection() -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back; all sessions of the app use it."""
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
async def client(connection: AsyncConnection) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, without a network between them."""
    from app.main import app

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
