"""A server process: its start, its processor time and its memory."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psutil

from benchmarks.project import ROOT, Project

READY_WITHIN = 30.0

RAW, DRIVER, TEXTBOOK, MYSQL_DRIVER = "raw", "driver", "textbook", "mysql_driver"
SERVICE = "service"
TITLES = {
    RAW: "(a) raw ASGI + asyncpg",
    DRIVER: "(b) FastAPI + asyncpg",
    SERVICE: "**the service**",
    TEXTBOOK: "(c) tutorial code",
    MYSQL_DRIVER: "FastAPI + asyncmy",
}


class Server:
    """A running server."""

    def __init__(self, name: str, port: int, process: psutil.Popen) -> None:
        self.name = name
        self.port = port
        self.process = process

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Return the bytes of memory that only this process uses (unique set size)."""
        return int(self.process.memory_full_info().uss)

    def fetch(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Send a request; return the status and the body of the response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()

    def request(self, method: str, path: str, body: str | None = None) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the response."""
        status, content = self.fetch(method, path, body)
        return status, json.loads(content)

    def wait_until_ready(self, path: str) -> None:
        """Wait for the first response of `path`.

        Raises:
            SystemExit: when the process ended, or the time limit is over.
        """
        deadline = time.monotonic() + READY_WITHIN
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.request("GET", path)
            except OSError:
                time.sleep(0.005)
            else:
                return
        raise SystemExit(f"{self.name} did not start")


def app_of(name: str) -> str:
    """Return the import string of a server's app for uvicorn."""
    return "app.main:app" if name == SERVICE else f"benchmarks.baselines.{name}:app"


def command_of(project: Project, name: str, port: int) -> list[str]:
    """Return the command of a server: `python -m app`, or uvicorn with a baseline."""
    if name == SERVICE:
        return [project.python, "-m", "app"]
    uvicorn = [project.python, "-m", "uvicorn", app_of(name)]
    return [*uvicorn, "--port", str(port), "--no-access-log", "--log-level", "warning"]


@contextmanager
def serving(project: Project, name: str, url: str, **variables: str) -> Iterator[Server]:
    """Yield a server with one worker, the service in its production settings."""
    port = free_port()
    environment = project.environment | {
        "DATABASE_URL": url,
        "ENVIRONMENT": "production",
        "PORT": str(port),
        "PYTHONPATH": str(project.path if name == SERVICE else ROOT),
    }
    with (project.path / f"{name}.log").open("w") as log:
        process = psutil.Popen(
            command_of(project, name, port),
            cwd=project.path,
            env=environment | variables,
            stdout=log,
        )
        try:
            server = Server(name, port, process)
            server.wait_until_ready("/api/v1/products/1")
            yield server
        finally:
            process.terminate()
            process.wait(READY_WITHIN)


@contextmanager
def serving_all(
    project: Project, names: list[str], url: str, **variables: str
) -> Iterator[list[Server]]:
    """Yield several servers; idle ones use no processor time."""
    with ExitStack() as stack:
        yield [stack.enter_context(serving(project, name, url, **variables)) for name in names]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
