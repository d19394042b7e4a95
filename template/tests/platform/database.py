"""The database of a test process, built by the migrations."""

import asyncio
import fcntl
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import URL, MetaData, NullPool, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from app.core.config import load_settings
from app.core.engine.settings import DatabaseSettings
from app.core.engine.url import parse_url
from scripts import local_database
from scripts.local_database import create_database

SUFFIX = "_test"


class _TestDatabaseSettings(DatabaseSettings):
    test_database_url: SecretStr | None = None


@contextmanager
def shared_database() -> Iterator[URL]:
    """Yield the URL from which the database of each test process gets its name.

    It is `TEST_DATABASE_URL`, else the service's database with `_test` added to its name, else a
    local one.

    Raises:
        pytest.UsageError: when `TEST_DATABASE_URL` is not accepted.
    """
    settings = load_settings(_TestDatabaseSettings)
    if settings.test_database_url is not None:
        yield _test_url(settings.test_database_url.get_secret_value())
    elif settings.configured_url is not None:
        url = settings.configured_url
        yield url.set(database=f"{url.database}{SUFFIX}")
    else:
        with local_database.running() as url:
            yield url.set(database=f"{url.database}{SUFFIX}")


def _test_url(value: str) -> URL:
    try:
        url = parse_url(value)
    except ValueError as error:
        raise pytest.UsageError(f"TEST_DATABASE_URL: {error}") from None
    if not (url.database or "").endswith(SUFFIX):
        raise pytest.UsageError(
            f"TEST_DATABASE_URL must name a database that ends in {SUFFIX}, since the tests "
            f"drop it; it names {url.database}"
        )
    return url


@contextmanager
def free_name(url: URL) -> Iterator[URL]:
    """Yield the URL of a database that no other test process of this user uses.

    It is the first name whose lock file is free: `…_test`, `…_1_test`, `…_2_test`. A killed process
    holds no lock.
    """
    digest = hashlib.sha256(url.render_as_string(hide_password=False).encode()).hexdigest()[:16]
    assert url.database is not None
    for number in count():
        path = Path(tempfile.gettempdir(), f"test-database-{os.getuid()}-{digest}-{number}")
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            name = url.database.removesuffix(SUFFIX) + (f"_{number}" if number else "") + SUFFIX
            yield url.set(database=name)
            return


def create(url: URL) -> None:
    """Create the database, empty, or drop it and create it again.

    Raises:
        pytest.UsageError: when that fails, with the reason.
    """
    try:
        asyncio.run(_create(url))
    except Exception as error:
        reason = getattr(error, "orig", None) or str(error) or "the server does not answer"
        raise pytest.UsageError(
            f"The tests cannot use {url.render_as_string()}: {reason}\n"
            "Make it available, or correct DATABASE_URL or TEST_DATABASE_URL. Without these "
            "variables, the tests use a local database."
        ) from None


async def _create(url: URL) -> None:
    await create_database(url, anew=True)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect():
        pass


def build(url: URL) -> None:
    """Create the database, empty, and apply all migrations."""
    create(url)
    with capture_logs():  # a line for each revision would hide what the tests print
        command.upgrade(Config("alembic.ini"), "head")


@asynccontextmanager
async def tables(metadata: MetaData) -> AsyncIterator[None]:
    """Create tables that have no migration; afterwards the database is as before.

    If the service has a table of the same name, they are created in an empty database, which is
    built again by the migrations after the block: names of tables, constraints and indexes are
    unique in it.
    """
    from app.core.database import engine

    async with engine.connect() as connection:
        existing = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if collide := not metadata.tables.keys().isdisjoint(existing):
        await engine.dispose()
        await create_database(engine.url, anew=True)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield
    if not collide:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.drop_all)
    # Connections have prepared statements on the dropped tables.
    await engine.dispose()
    if collide:
        await asyncio.to_thread(build, engine.url)
