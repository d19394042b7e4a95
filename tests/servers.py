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


def children(parent: int, words: str = "") -> set[int]:
    """Return the ids of the processes of a parent whose command has some words."""
    listed = subprocess.check_output([program("ps"), "-Aww", "-o", "pid=,ppid=,args="], text=True)
    rows = (line.split(None, 2) for line in listed.splitlines())
    return {int(row[0]) for row in rows if int(row[1]) == parent and words in " ".join(row[2:])}


@contextmanager
def _running(*command: str, port: int, user: str | None = USER) -> Iterator[None]:
    process = subprocess.Popen(
        command, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
def postgresql(*, certificates: Path | None = None) -> Iterator[str]:
    """Yield the URL of the PostgreSQL on the PATH, without a database name.

    With a folder of certificates it accepts TLS only, and asks the role `certified` for one.
    """
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
        if certificates is not None:
            (folder / "data/pg_hba.conf").write_text(
                "hostssl all certified all cert\nhostssl all all all trust\n"
            )
            for name, file in (("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server.key")):
                copy = Path(shutil.copy(certificates / file, folder))
                copy.chmod(0o600)
                if USER is not None:
                    os.chown(copy, pwd.getpwnam(USER).pw_uid, -1)
                options += ["-c", f"ssl_{name}_file={copy}"]
            options += ["-c", "ssl=on"]
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


@contextmanager
def mysql(*, certificates: Path) -> Iterator[str]:
    """Yield the URL of the MySQL or MariaDB on the PATH, with TLS, without a database name."""
    names = [name for name in ("mysqld", "mariadbd") if shutil.which(name, path=PATH)]
    server = program(names[0] if names else "mysqld")
    port = free_port()
    user = pwd.getpwuid(os.geteuid()).pw_name
    with tempfile.TemporaryDirectory() as name:
        data = Path(name, "data")
        places = [f"--datadir={data}", f"--user={user}"]
        if "MariaDB" in subprocess.check_output([server, "--version"], text=True):
            create = [program("mariadb-install-db"), *places]
            create += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        else:
            create = [server, "--no-defaults", *places, "--initialize-insecure"]
        subprocess.run(create, check=True, capture_output=True)
        options = [f"--port={port}", "--bind-address=127.0.0.1", "--loose-mysqlx=OFF"]
        options += [f"--socket={name}/socket", f"--pid-file={name}/pid"]
        for option, file in (("ca", "ca.pem"), ("cert", "server.pem"), ("key", "server.key")):
            options.append(f"--ssl-{option}={certificates / file}")
        command = [server, "--no-defaults", *places, *options]
        with _running(*command, port=port, user=None):
            yield f"mysql://root@127.0.0.1:{port}"
