"""Checks of the machine: Python, address, open files, processors, memory and temporary files."""

import errno
import os
import platform
import resource
import socket
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path

from app.core.doctor.findings import Context, Finding, Level

PACKAGES = ("fastapi", "pydantic", "sqlalchemy", "alembic", "uvicorn")
# Files and sockets of a process beside its connections to the database.
OTHER_FILES = 100
# Bytes of a process without load.
PROCESS_MEMORY = 120_000_000
# Seconds for a program on the same port to respond.
ANSWER_TIMEOUT = 2.0
CGROUP = Path("/sys/fs/cgroup")
PORT_ADVICE = {
    errno.EADDRNOTAVAIL: "Set HOST to an address of this machine, or to 0.0.0.0 for all of them.",
    errno.EACCES: "Set PORT to 1024 or above: a lower one needs special rights.",
}


def check_versions(context: Context) -> Iterator[Finding]:
    """Tell the versions of Python and of the main packages, and the time zone."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield Finding(Level.OK, "versions", f"Python {platform.python_version()}, {packages}")
    yield Finding(Level.OK, "time zone", f"{time.tzname[0]}; the log and the data are in UTC")


def check_address(context: Context) -> Iterator[Finding]:
    """Find an address on which the service cannot listen."""
    host, port = context.settings.host, context.settings.port
    reach = "this machine only" if host in {"127.0.0.1", "::1", "localhost"} else "other machines"
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_this_service(host, port):
            yield Finding(Level.OK, "address", f"the service runs on {host}:{port}")
            return
        advice = PORT_ADVICE.get(error.errno or 0, "Correct HOST.")
        if error.errno == errno.EADDRINUSE:
            advice = f"Stop the other program, or use another port: PORT={port + 1}."
        text = f"{host}:{port} cannot be used: {error.strerror}"
        yield Finding(Level.ERROR, "address", text, advice)
    else:
        text = f"{host}:{port} is free, and reachable from {reach}"
        yield Finding(Level.OK, "address", text)


def _is_this_service(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=ANSWER_TIMEOUT)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().read(100) == b'{"status":"ok"}'
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def check_open_files(context: Context) -> Iterator[Finding]:
    """Find a limit of open files that the pool and some clients exceed."""
    settings = context.settings
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    pool = settings.database_pool_size + settings.database_max_overflow
    text = f"at most {limit} a process; the pool needs up to {pool}, each client one"
    if limit < pool + OTHER_FILES:
        advice = "Raise the limit: `ulimit -n 4096`, or LimitNOFILE in systemd."
        yield Finding(Level.WARNING, "open files", text, advice)
    else:
        yield Finding(Level.OK, "open files", text)


def check_processors(context: Context) -> Iterator[Finding]:
    """Find more processes than processors."""
    workers, processors = context.settings.web_concurrency, _processors()
    text = f"{processors:g}; processes of the service: {workers}"
    if workers > max(processors, 1):
        advice = "Lower WEB_CONCURRENCY: more processes use more memory and connections only."
        yield Finding(Level.WARNING, "processors", text, advice)
    else:
        yield Finding(Level.OK, "processors", text)


def _processors() -> float:
    """Return the number of processors that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    number = len(usable(0)) if usable else os.cpu_count() or 1
    quota, _, period = _cgroup("cpu.max").partition(" ")
    return min(number, int(quota) / int(period)) if quota.isdigit() else number


def check_memory(context: Context) -> Iterator[Finding]:
    """Find a memory limit that the processes exceed without load."""
    limit, workers = _cgroup("memory.max"), context.settings.web_concurrency
    if limit.isdigit():
        text = f"the limit is {int(limit) / 1e6:.0f} MB; processes of the service: {workers}"
        if int(limit) < workers * PROCESS_MEMORY:
            advice = f"Raise it to {workers * 200} MB or more, or lower WEB_CONCURRENCY."
            yield Finding(Level.WARNING, "memory", text, advice)
        else:
            yield Finding(Level.OK, "memory", text)


def _cgroup(name: str) -> str:
    """Return a limit of the container; nothing if there is none."""
    path = CGROUP / name
    return path.read_text("ascii").strip() if path.is_file() else ""


def check_temporary_files(context: Context) -> Iterator[Finding]:
    """Find a folder for temporary files that cannot be written."""
    try:
        with tempfile.TemporaryFile():
            yield Finding(Level.OK, "temporary files", f"{tempfile.gettempdir()} can be written")
    except OSError:
        advice = "Mount a writable folder at /tmp, or set TMPDIR: uploads need it."
        yield Finding(Level.WARNING, "temporary files", "no folder can be written", advice)


CHECKS = (
    check_versions,
    check_address,
    check_open_files,
    check_processors,
    check_memory,
    check_temporary_files,
)
