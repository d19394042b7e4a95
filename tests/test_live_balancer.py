"""Two processes behind nginx and HAProxy, replaced under load."""

import http.client
import json
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests import servers
from tests.balancers import HAProxy, Nginx, haproxy, nginx, until_answer
from tests.live import Service

pytestmark = pytest.mark.proof

PRODUCTS = "/api/v1/products"
DELAY = 5


class Fleet:
    """The processes of a service, by their ports."""

    def __init__(self, service: Service, url: str) -> None:
        self.service = service
        self.environment = service.environment | {
            "DATABASE_URL": url,
            "ENVIRONMENT": "production",
            "SHUTDOWN_DELAY": str(DELAY),
        }
        self.processes: dict[int, subprocess.Popen[bytes] | None] = dict.fromkeys(
            (servers.free_port(), servers.free_port())
        )

    def begin(self, port: int) -> None:
        self.processes[port] = subprocess.Popen(
            [self.service.path / ".venv/bin/python", "-m", "app"],
            cwd=self.service.path,
            env=self.environment | {"PORT": str(port)},
            stdout=subprocess.DEVNULL,
        )
        until_answer(port, "/health/ready")

    def end(self, port: int) -> None:
        process = self.processes[port]
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


class Load:
    """Clients that send requests until they are stopped; each POST has a name of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: Counter[str] = Counter()
        self.stopped = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._post, args=(n,)) for n in range(3)]
        threads += [threading.Thread(target=self._get)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join()

    def _post(self, client: int) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            self._send("POST", {"name": f"{self.port} {client} {number}", "price": "1"})

    def _get(self) -> None:
        while not self.stopped.is_set():
            self._send("GET", None)

    def _send(self, method: str, body: dict[str, str] | None) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            try:
                headers = {"Content-Type": "application/json"}
                connection.request(method, PRODUCTS, json.dumps(body) if body else None, headers)
                answer: object = connection.getresponse().status
            except (OSError, http.client.HTTPException) as error:
                answer = type(error).__name__
        self.answers[f"{method} {answer}"] += 1
        time.sleep(0.005)


def stored(port: int) -> int:
    """Return the number of products that a client of the balancer at `port` has stored."""
    with urlopen(f"http://127.0.0.1:{port}{PRODUCTS}?total=true&limit=1") as response:
        total: int = json.load(response)["total"]
    return total


def replace_all(fleet: Fleet, balancer: HAProxy | Nginx) -> None:
    """Replace each process under load; no request may be lost, each POST is stored once."""
    before = stored(balancer.port)
    load = Load(balancer.port)
    with load.running():
        for one in fleet.processes:
            time.sleep(1)
            balancer.before_stop(one)
            fleet.end(one)
            fleet.begin(one)
            balancer.after_start(one)
        time.sleep(1)
    assert set(load.answers) == {"GET 200", "POST 201"}, load.answers
    assert load.answers["POST 201"] > 100
    assert stored(balancer.port) - before == load.answers["POST 201"]


def test_processes_behind_balancers_are_replaced_without_a_lost_request(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    for name in ("haproxy", "nginx"):
        servers.program(name)
    service = start(database="postgresql")
    with service.running_database() as url:
        service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        fleet = Fleet(service, url)
        try:
            for port in fleet.processes:
                fleet.begin(port)
            for running in (haproxy, nginx):
                with running(service, list(fleet.processes), tmp_path) as balancer:
                    replace_all(fleet, balancer)
        finally:
            for port in fleet.processes:
                fleet.end(port)
