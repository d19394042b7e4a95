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
from sqlalchemy import URL, MetaData, inspect

from app.core.config import load_settings
from app.core.engine.settings import DatabaseSettings
from app.core.engine.url import parse_url
from scripts import local_database
from scripts.local_database import create_database

SUFFIX = "_test"


class _TestDatabaseSettings(DatabaseSettings):
    test_database_url: SecretStr | None = None


@contextmanager
def own_database() -> Iterator[URL]:
    """Yield the URL of a database that no other test process of this user uses.

    It is `TEST_DATABASE_URL`, else the service's database with `_test` added to its name, else a
    local one. Parallel processes get `…_1_test`, `…_2_test`.
    """
    settings = load_settings(_TestDatabaseSettings)
    if settings.test_database_url is not None:
        url = parse_url(settings.test_database_url.get_secret_value())
        if not (url.database or "").endswith(SUFFIX):
            raise pytest.UsageError(
                f"TEST_DATABASE_URL must name a database that ends in {SUFFIX}, since the tests "
                f"drop it; it names {url.database}"
            )
        with _free_name(url) as free:
            yield free
    elif settings.configured_url is not None:
        url = settings.configured_url
        with _free_name(url.set(database=f"{url.database}_test")) as free:
            yield free
    else:
        with (
            local_database.running() as url,
            _free_name(url.set(database=f"{url.database}_test")) as free,
        ):
            yield free


@contextmanager
def _free_name(url: URL) -> Iterator[URL]:
    """Yield the first name whose lock file is free; a killed process holds no lock."""
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


def build(url: URL) -> None:
    """Create the database, empty, and apply all migrations."""
    asyncio.run(create_database(url, anew=True))
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
