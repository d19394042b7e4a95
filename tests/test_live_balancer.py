"""Two processes behind nginx and HAProxy, configured as on the page, replaced under load."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests import servers
from tests.live import Service

pytestmark = pytest.mark.proof

PRODUCTS = "/api/v1/products"
DELAY = 5
NGINX = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{ access_log off; include {folder}/service.conf; }}
"""


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


def until_answer(port: int, path: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except (HTTPError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nothing answers on port {port}")


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


def configuration(service: Service, language: str, fleet: Fleet, port: int) -> str:
    """Return the block of the page, with the ports of this test."""
    page = (service.path / "docs/recipes/load-balancer.md").read_text("utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.S)
    first, second = fleet.processes
    for old, new in (
        ("10.0.0.1:8000", f"127.0.0.1:{first}"),
        ("10.0.0.2:8000", f"127.0.0.1:{second}"),
        ("bind :80", f"bind 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{port}"),
        # A second attempt would hide that a server ended before the check noticed it.
        ("option redispatch", "retries 0"),
    ):
        block = block.replace(old, new)
    return block


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


def stored(port: int) -> int:
    """Return the number of products that a client of the balancer at `port` has stored."""
    with urlopen(f"http://127.0.0.1:{port}{PRODUCTS}?total=true&limit=1") as response:
        total: int = json.load(response)["total"]
    return total


def replace_all(fleet: Fleet, port: int, *, around: Callable[[int, bool], None]) -> None:
    """Replace each process under load; no request may be lost, each POST is stored once."""
    before = stored(port)
    load = Load(port)
    with load.running():
        for one in fleet.processes:
            time.sleep(1)
            around(one, True)
            fleet.end(one)
            fleet.begin(one)
            around(one, False)
        time.sleep(1)
    assert set(load.answers) == {"GET 200", "POST 201"}, load.answers
    assert load.answers["POST 201"] > 100
    assert stored(port) - before == load.answers["POST 201"]


def test_processes_behind_balancers_are_replaced_without_a_lost_request(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    haproxy, nginx = servers.program("haproxy"), servers.program("nginx")
    service = start(database="postgresql")
    with service.running_database() as url:
        service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        fleet = Fleet(service, url)
        try:
            for port in fleet.processes:
                fleet.begin(port)
            port = servers.free_port()
            file = tmp_path / "haproxy.cfg"
            file.write_text(configuration(service, "haproxy", fleet, port))
            with running(haproxy, "-db", "-f", str(file)):
                until_answer(port, "/health/live")
                replace_all(fleet, port, around=lambda one, down: None if down else time.sleep(3))

            port = servers.free_port()
            text = configuration(service, "nginx", fleet, port)
            (tmp_path / "service.conf").write_text(text)
            (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path))
            with running(nginx, "-c", str(tmp_path / "nginx.conf")) as balancer:

                def mark(one: int, down: bool) -> None:
                    marked = text.replace(f":{one};", f":{one} down;") if down else text
                    (tmp_path / "service.conf").write_text(marked)
                    os.kill(balancer.pid, signal.SIGHUP)
                    time.sleep(1)

                until_answer(port, "/health/live")
                replace_all(fleet, port, around=mark)
        finally:
            for port in fleet.processes:
                fleet.end(port)
