"""Database servers and poolers installed on this machine, started for one test each."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
PGBOUNCER = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 40
max_client_conn = 500
"""
# Servers refuse to run as root.
USER = "nobody" if os.geteuid() == 0 else None


def program(name: str) -> str:
    """Return the path of an installed program; skip the test where it is not installed."""
    return shutil.which(name, path=PATH) or pytest.skip(f"{name} is not installed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(*command: str, port: int) -> Iterator[None]:
    process = subprocess.Popen(
        command, user=USER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=10).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        if USER is not None:
            os.chown(name, pwd.getpwnam(USER).pw_uid, -1)
        yield Path(name)


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the URL of the PostgreSQL on the PATH, without a database name."""
    server = Path(program("postgres"))
    port = free_port()
    with _folder() as folder:
        data = str(folder / "data")
        initdb = [
            str(server.resolve().with_name("initdb")),
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
        ]
        subprocess.run([*initdb, "-N", "-E", "UTF8"], user=USER, check=True, capture_output=True)
        options = ["-p", str(port), "-k", "", "-c", "fsync=off"]
        with _running(str(server), "-D", data, *options, port=port):
            yield f"postgresql://postgres@127.0.0.1:{port}"


@contextmanager
def pgbouncer(url: str) -> Iterator[str]:
    """Yield the URL of a PgBouncer in transaction mode in front of the server of `url`."""
    there = urlsplit(url)
    port = free_port()
    with _folder() as folder:
        file = folder / "pgbouncer.ini"
        file.write_text(
            PGBOUNCER.format(
                host=there.hostname,
                port=there.port,
                user=there.username,
                password=there.password or "",
                own_port=port,
            )
        )
        with _running(program("pgbouncer"), str(file), port=port):
            yield f"postgresql://{there.username}:any@127.0.0.1:{port}"
