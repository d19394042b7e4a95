"""Fixtures: a real database, built by the migrations; the changes of each test are rolled back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from tests.platform import database

if TYPE_CHECKING:
    from app.core.engine.reader import Reader

# They start processes of the service, or load the database.
LONGEST = {
    *("test_process.py", "test_telemetry.py", "test_prometheus.py", "test_load_balancer.py"),
    *("test_applied.py", "test_no_database.py", "test_data.py", "test_chaos.py", "test_steps.py"),
}

_resources = ExitStack()


# Last, so that coverage includes the imports of the migrations.
@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Set the variables before a test module imports the app, which reads them once.

    With parallel processes, the first one only asks for a database, so that an error is printed
    once and not by each of them.
    """
    config = session.config
    has_workers = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    try:
        shared = _resources.enter_context(database.shared_database())
        if has_workers:
            with database.free_name(shared) as url:
                database.create(url)
            return
        url = _resources.enter_context(database.free_name(shared))
        os.environ |= {"ENVIRONMENT": "local", "DOCS_ENABLED": "true"}
        os.environ.pop("DATABASE_URL_FILE", None)
        os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
        # Tests send no telemetry, whatever the environment says.
        os.environ["OTEL_SDK_DISABLED"] = "true"
        database.build(url)
    except SystemExit as stop:
        raise pytest.UsageError(str(stop)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that parallel processes end together."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


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
        with _one_connection_per_request(connection):
            yield connection
        for factory, original in originals.items():
            factory.kw.clear()
            factory.configure(**original)
        await transaction.rollback()


@contextmanager
def _one_connection_per_request(connection: AsyncConnection) -> Iterator[None]:
    """Count the sessions of a request as the pool does, although they share a connection here."""
    held: dict[SessionTransaction, Callable[[], None]] = {}

    def begin(session: Session, transaction: SessionTransaction, used: Connection) -> None:
        if used is connection.sync_connection and not transaction.nested:
            held[transaction] = _hold()

    def end(session: Session, transaction: SessionTransaction) -> None:
        held.pop(transaction, _nothing)()

    event.listen(Session, "after_begin", begin)
    event.listen(Session, "after_transaction_end", end)
    yield
    event.remove(Session, "after_begin", begin)
    event.remove(Session, "after_transaction_end", end)


def _hold() -> Callable[[], None]:
    from app.core.database import engine
    from app.core.engine.request_connections import request_connections

    request = request_connections.get()
    if request is None or request.is_over:
        return _nothing
    return request.hold(engine.pool, is_exhausted=lambda: False)


def _nothing() -> None:
    pass


@pytest.fixture
def statements(connection: AsyncConnection) -> list[str]:
    """The statements that are sent to the database from here on, to count them."""
    sent: list[str] = []

    @event.listens_for(connection.sync_connection, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *others: object) -> None:
        if "SAVEPOINT" not in statement:
            sent.append(statement)

    return sent


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

    @contextmanager
    def connect() -> Iterator[Connection]:
        end = _hold()
        assert connection.sync_connection is not None
        try:
            yield connection.sync_connection
        finally:
            end()

    return Reader(connect)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app; requests need no network, and use the connection of the test."""
    from tests.platform.clients import client_of

    async with client_of(app, one_at_a_time=True) as client:
        yield client


@pytest.fixture
def app(reader: Reader) -> Iterator[FastAPI]:
    """The app, whose readers use the connection of the test too."""
    from app.core.database import get_reader
    from app.main import app

    app.dependency_overrides[get_reader] = lambda: reader
    yield app
    app.dependency_overrides.clear()


@pytest.fixture
def contract_headers() -> dict[str, str]:
    """The headers of all requests of `poe contract`; override it, for example with a token."""
    return {}


@pytest.fixture
def row_values() -> dict[str, Any]:
    """Values by "table.column" for the rows of the migration tests, where a CHECK refuses theirs.

    Override it in tests/conftest.py: `{"delivery.status": "new"}`.
    """
    return {}
