"""A local database server for commands, used when no database is configured.

`python -m scripts.local_database COMMAND …` runs COMMAND with `DATABASE_URL` set. The first process
that needs the server starts it, and the last one stops it, also when it is killed.
"""

import asyncio
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from sqlalchemy import URL, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.config import load_settings
from app.core.engine.settings import DatabaseSettings
from scripts import local_server as server

PROJECT = Path(__file__).parent.parent
DATABASE = "local"
CONNECT_TIMEOUT = 10
STARTED = "started"  # the file exists while the server may run
# Waits until no process uses, starts or stops the server. Imports more only if it may still run.
GUARD = """
import fcntl, pathlib, sys
place = pathlib.Path(sys.argv[1])
for name in ("use.lock", "start.lock"):
    with open(place / name, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
if (place / sys.argv[2]).exists():
    from scripts.local_database import stop_unless_used
    stop_unless_used(place)
"""


def folder() -> Path:
    """Return the folder of the server's data; each project of each user has its own.

    For root it is a folder that the unprivileged user of the server can read.
    """
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path("/var/cache" if os.geteuid() == 0 else home)
    digest = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:8]
    return cache / f"{PROJECT.name}-{digest}"


async def create_database(url: URL, *, anew: bool = False) -> None:
    """Create the database of `url` unless it exists; `anew` drops it first.

    Raises:
        TimeoutError: when the server does not answer.
    """
    assert url.database is not None
    engine = create_async_engine(
        url.set(database=server.MAINTENANCE_DATABASE),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"async_creator_fn": server.connect},
    )
    name = engine.dialect.identifier_preparer.quote(url.database)
    async with asyncio.timeout(CONNECT_TIMEOUT) as limit, engine.connect() as connection:
        limit.reschedule(None)
        exists = (await connection.execute(server.EXISTS, {"name": url.database})).first()
        if exists and anew:
            await connection.execute(text(server.DROP.format(name)))
        if not exists or anew:
            await connection.execute(text(server.CREATE.format(name)))


@contextmanager
def running() -> Iterator[URL]:
    """Start the server and create its database if necessary; yield the URL.

    Raises:
        SystemExit: when no server can be started.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    with (place / "use.lock").open("w") as use:
        try:
            with _exclusively(place / "start.lock"):
                fcntl.flock(use, fcntl.LOCK_SH)
                (place / STARTED).touch()
                if not server.is_running(place):
                    server.start(place)
                url = server.url(place).set(database=DATABASE)
                asyncio.run(create_database(url))
            # The command inherits the lock, so the server runs as long as the command.
            os.set_inheritable(use.fileno(), True)
            yield url
        finally:
            _stop_unless_used(place, use)


def stop_unless_used(place: Path) -> None:
    """Stop the server of a folder, unless another process uses it."""
    with (place / "use.lock").open("w") as use:
        _stop_unless_used(place, use)


def _stop_unless_used(place: Path, use: TextIO) -> None:
    """Release the lock; the lock is not free before, or the guard would stop the server too."""
    try:
        with _exclusively(place / "start.lock"), suppress(BlockingIOError):
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if server.is_running(place):
                server.stop(place)
            (place / STARTED).unlink(missing_ok=True)
    finally:
        fcntl.flock(use, fcntl.LOCK_UN)


@contextmanager
def configured() -> Iterator[None]:
    """Let a block use the local database, by `DATABASE_URL`.

    The server is stopped after the block, also when this process is killed.

    Raises:
        SystemExit: when no server can be started.
    """
    with running() as url:
        _start_guard()
        os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
        yield


@contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Run the command of the command line; return its exit code."""
    command = sys.argv[1:]
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit("stopped"))
    if load_settings(DatabaseSettings).configured_url is not None:
        return _run(command)
    with configured():
        return _run(command)


def _start_guard() -> None:
    """Start a process that stops the server when this one is killed, as `poe` does on SIGTERM."""
    subprocess.Popen(
        [sys.executable, "-c", GUARD, str(folder()), STARTED],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _run(command: list[str]) -> int:
    process = subprocess.Popen(command, close_fds=False)
    # Ctrl-C reaches the command too; this process has to end after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda *_: process.terminate())
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
