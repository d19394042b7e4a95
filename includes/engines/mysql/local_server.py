"""A local server of the installed MySQL or MariaDB, on loopback only."""

import asyncio
import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncmy
from asyncmy.errors import Error
from sqlalchemy import URL, text

from app.core.engine.url import driver_arguments

MAINTENANCE_DATABASE = "information_schema"
EXISTS = text("SELECT 1 FROM schemata WHERE schema_name = :name")
CREATE = "CREATE DATABASE {} CHARACTER SET utf8mb4"
DROP = "DROP DATABASE {}"

PID_FILE = "server.pid"
SECONDS = 60
# A development server may lose its last commits in a power cut.
OPTIONS = [
    "--bind-address=127.0.0.1",
    "--innodb-flush-log-at-trx-commit=0",
    "--loose-mysqlx=OFF",
    "--performance-schema=OFF",
    "--skip-log-bin",
    f"--pid-file={PID_FILE}",
    "--socket=server.sock",
]


async def connect(**parameters: Any) -> Any:
    """Return a connection for the parameters of a URL, for SQLAlchemy."""
    return await asyncmy.connect(**driver_arguments(parameters))


def is_running(folder: Path) -> bool:
    """Return whether the server of `folder` is running; no other one accepts its password."""
    try:
        asyncio.run(_execute(folder, "DO 0"))
    except (Error, OSError):
        return False
    return True


def start(folder: Path) -> None:
    """Start the server of `folder`; the first time, create its data.

    Raises:
        SystemExit: when no server is installed, or with the end of the server's log.
    """
    program = _program()
    if not _data(folder).is_dir():
        print(f"Creating the data of a local {program.name} in {folder} ...", file=sys.stderr)
        _create(program, folder)
    print(f"Starting the local {program.name} ...", file=sys.stderr)
    port, log = _free_port(), folder / "mysql.log"
    (folder / "port").write_text(str(port))
    pid = _spawn(
        [
            *_command(program, _data(folder)),
            *OPTIONS,
            f"--port={port}",
            f"--init-file={folder / 'users.sql'}",
        ],
        log,
    )
    try:
        _wait(program, folder, log, pid)
    except BaseException:  # Ctrl-C too: nothing else would stop this process
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
        raise


def stop(folder: Path) -> None:
    """Stop the server of `folder`, and wait until it has ended."""
    asyncio.run(_execute(folder, "SHUTDOWN"))
    deadline = time.monotonic() + SECONDS
    while (_data(folder) / PID_FILE).exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def url(folder: Path) -> URL:
    """Return the URL of the running server of `folder`."""
    return URL.create(
        "mysql+asyncmy",
        username="local",
        password=(folder / "password").read_text(),
        host="127.0.0.1",
        port=int((folder / "port").read_text()),
    )


def _program() -> Path:
    for name in ("mysqld", "mariadbd"):
        if found := shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin"):
            return Path(found)
    raise SystemExit(
        "There is no database: set DATABASE_URL (for tests TEST_DATABASE_URL) to a MySQL or "
        "MariaDB, or install one, so that `mysqld` or `mariadbd` is on the PATH."
    )


def _wait(program: Path, folder: Path, log: Path, pid: int) -> None:
    """Wait until the started server can be used."""
    deadline = time.monotonic() + SECONDS
    while not is_running(folder):
        ended = os.waitpid(pid, os.WNOHANG) != (0, 0)
        if ended or time.monotonic() > deadline:
            raise SystemExit(
                f"{program.name} did not start; delete {folder} to start with empty data.\n"
                f"{log.read_text()[-2000:]}"
            )
        time.sleep(0.1)


def _spawn(command: list[str], log: Path) -> int:
    """Start a process that does not end with this one; return its id."""
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _create(program: Path, folder: Path) -> None:
    password, unfinished = folder / "password", folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for path in (password, folder / "users.sql"):
        path.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe())
    (folder / "users.sql").write_text(
        f"CREATE USER IF NOT EXISTS 'local'@'%' IDENTIFIED BY '{password.read_text()}';\n"
        "GRANT ALL PRIVILEGES ON *.* TO 'local'@'%' WITH GRANT OPTION;\n"
        "DROP USER IF EXISTS 'root'@'127.0.0.1';\n"
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password.read_text()}';\n"
    )
    install = shutil.which("mariadb-install-db")
    if program.name == "mariadbd" or "MariaDB" in _version(program):
        command = [install or "mariadb-install-db", f"--datadir={unfinished}", "--skip-test-db"]
        command += ["--auth-root-authentication-method=normal", f"--user={getpass.getuser()}"]
    else:
        command = [*_command(program, unfinished), "--initialize-insecure"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        output = result.stdout + result.stderr
        raise SystemExit(f"{program.name} could not create its data in {folder}.\n{output[-2000:]}")
    unfinished.rename(_data(folder))


def _command(program: Path, data: Path) -> list[str]:
    return [str(program), "--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}"]


def _version(program: Path) -> str:
    return subprocess.check_output([str(program), "--version"], text=True)


def _data(folder: Path) -> Path:
    return folder / "mysql"


async def _execute(folder: Path, statement: str) -> None:
    address = url(folder)
    connection = await asyncmy.connect(
        host=address.host, port=address.port, user=address.username, password=address.password
    )
    try:
        async with connection.cursor() as cursor:
            await cursor.execute(statement)
    finally:
        await connection.ensure_closed()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
