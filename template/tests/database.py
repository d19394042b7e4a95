"""The database of one test process, built by the migrations."""

import asyncio
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import URL

from app.core.config import DatabaseSettings, load
from app.core.database_url import parse_url
from scripts import local_database
from scripts.databases import create_database

SUFFIX = "_test"


class _TestDatabaseSettings(DatabaseSettings):
    test_database_url: SecretStr | None = None


@contextmanager
def own_database() -> Iterator[URL]:
    """Yield the URL of a database that no other test of this user and URL uses meanwhile.

    It is `TEST_DATABASE_URL`, else the service's own with `_test` added to its name, else one on
    the project's local one. Processes that run beside each other get `…_1_test`, `…_2_test`.
    """
    settings = load(_TestDatabaseSettings)
    if settings.test_database_url is not None:
        url = parse_url(settings.test_database_url.get_secret_value())
        if not (url.database or "").endswith(SUFFIX):
            raise pytest.UsageError(
                f"TEST_DATABASE_URL must name a database that ends in {SUFFIX}, since tests "
                f"drop it; it names {url.database}"
            )
        with _free_name(url) as free:
            yield free
    elif settings.address is not None:
        with _free_name(settings.address.set(database=f"{settings.address.database}_test")) as free:
            yield free
    else:
        with (
            local_database.running() as url,
            _free_name(url.set(database=f"{url.database}_test")) as free,
        ):
            yield free


@contextmanager
def _free_name(url: URL) -> Iterator[URL]:
    """Take the first name whose lock file nobody holds; a killed process holds none."""
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
    """Make the database empty, then migrate it to the newest revision."""
    asyncio.run(create_database(url, anew=True))
    command.upgrade(Config("alembic.ini"), "head")
