"""A local SQLite file for commands, used when no database is configured.

`python -m scripts.local_database COMMAND …` runs COMMAND with `DATABASE_URL` set.
"""

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import URL

from app.core.config import load_settings
from app.core.engine.settings import DatabaseSettings
from app.core.engine.url import build_url

PROJECT = Path(__file__).parent.parent


def folder() -> Path:
    """Return the folder of the file; each project of each user has its own."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:8]
    return cache / f"{PROJECT.name}-{digest}"


async def create_database(url: URL, *, anew: bool = False) -> None:
    """Create the folder of the file of `url`; `anew` deletes the file itself."""
    assert url.database is not None
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    if anew:
        for suffix in ("", "-shm", "-wal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def running() -> Iterator[URL]:
    """Create the folder of the file; yield the URL."""
    url = build_url(str(folder() / "local.db"))
    asyncio.run(create_database(url))
    yield url


@contextmanager
def configured() -> Iterator[None]:
    """Let a block use the local database, by `DATABASE_URL`."""
    with running() as url:
        os.environ["DATABASE_URL"] = url.render_as_string()
        yield


def main() -> None:
    """Replace this process with the command of the command line."""
    is_configured = load_settings(DatabaseSettings).configured_url is not None
    with nullcontext() if is_configured else configured():
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the user gives the command


if __name__ == "__main__":
    main()
