"""The worker processes of one service: a killed one is replaced, and SIGHUP replaces all."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests import servers
from tests.balancers import until_answer
from tests.live import Service
from tests.load import Load, stored

pytestmark = pytest.mark.proof

NUMBER = 2


@contextmanager
def running(service: Service, url: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the service with several workers."""
    variables = {
        "DATABASE_URL": url,
        "PORT": str(port),
        "SHUTDOWN_DELAY": "1",
        "WEB_CONCURRENCY": str(NUMBER),
    }
    parent = subprocess.Popen(
        [service.path / ".venv/bin/python", "-m", "app"],
        cwd=service.path,
        env=service.environment | variables,
        stdout=subprocess.DEVNULL,
    )
    try:
        until_answer(port, "/health/ready")
        yield parent
    finally:
        parent.terminate()
        parent.wait(timeout=60)


def workers_without(old: set[int], parent: subprocess.Popen[bytes]) -> set[int]:
    """Wait until there are as many workers as asked for, and none of the old ones."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = servers.children(parent.pid, "spawn_main")
        if len(found) == NUMBER and not found & old:
            return found
        time.sleep(0.1)
    pytest.fail(f"the workers are {found}, those before were {old}")


def test_workers_are_replaced_without_a_lost_request(start: Callable[..., Service]) -> None:
    service = start(database="postgresql")
    port = servers.free_port()
    with service.running_database() as url:
        service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        with running(service, url, port) as parent:
            killed, kept = workers_without(set(), parent)
            os.kill(killed, signal.SIGKILL)
            before = workers_without({killed}, parent)
            assert kept in before

            until_answer(port, "/health/ready")
            load = Load(port)
            with load.running():
                parent.send_signal(signal.SIGHUP)
                workers_without(before, parent)
            assert set(load.answers) == {"GET 200", "POST 201"}, load.answers
            assert stored(port) == load.answers["POST 201"]
