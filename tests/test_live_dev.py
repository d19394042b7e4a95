import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live import Service

SECONDS = 60
PORT_OF_SERVER = (
    "from scripts import local_server as server, local_database; "
    "print(server.url(local_database.folder()).port)"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def call(port: int, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or "null")
    finally:
        connection.close()


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if call(port, "GET", "/health/ready")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError


def wait_for_status(port: int, status: int) -> Any:
    """Return the first body with this status; the server reloads meanwhile."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            found, body = call(port, "GET", "/api/v1/products")
            if found == status:
                return body
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError


def wait_until_refused(port: int) -> None:
    """Return when nothing listens any more: a server may outlive the command that it was for."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    raise TimeoutError


@contextmanager
def dev(service: Service, log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run `poe dev` on a machine without a database."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["uv", "run", "poe", "dev"],
            cwd=service.path,
            env=service.environment | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until_ready(port, process)
        yield port, process
    except Exception as error:
        error.add_note(log.read_text())
        raise
    finally:
        if process.poll() is None:
            # Not SIGKILL: `poe` could not pass it on to the server.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=SECONDS)


@pytest.mark.parametrize(
    "stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.proof)]
)
def test_one_command_serves_with_a_database_and_takes_it_away_again(
    start: Callable[..., Service], tmp_path: Path, stop: signal.Signals
) -> None:
    service = start(database="postgresql")
    log = tmp_path / "log"
    with dev(service, log) as (port, process):
        assert f"\nReady: http://127.0.0.1:{port}/docs\n" in log.read_text()
        product = {"name": "Lamp", "price": "12.5"}
        status, created = call(port, "POST", "/api/v1/products", product)
        assert (status, created["price"]) == (201, "12.50")
        assert call(port, "GET", f"/api/v1/products/{created['id']}") == (200, created)
        revision = ("alembic", "revision", "-m", "nothing yet")
        service.run("uv", "run", "python", "-m", "scripts.local_database", *revision)
        answer = wait_for_status(port, 503)
        assert answer["detail"] == "Revisions are pending: run `uv run poe migrate`."
        service.run("uv", "run", "poe", "migrate")
        assert call(port, "GET", f"/api/v1/products/{created['id']}") == (200, created)
        database_port = int(service.run("uv", "run", "python", "-c", PORT_OF_SERVER))
        socket.create_connection(("127.0.0.1", database_port), timeout=10).close()
        os.killpg(process.pid, stop)
        process.wait(timeout=SECONDS)
        for gone in (port, database_port):
            wait_until_refused(gone)
        assert "Traceback" not in log.read_text()
