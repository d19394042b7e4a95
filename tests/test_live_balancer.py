"""Two processes behind nginx and HAProxy, replaced under load."""

import http.client
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest

from tests import servers
from tests.balancers import HAProxy, Nginx, haproxy, nginx, until_answer
from tests.live import Service
from tests.load import PRODUCTS, Load, stored

pytestmark = pytest.mark.proof

DELAY = 5


class Fleet:
    """The processes of a service, by their ports."""

    def __init__(self, service: Service, url: str, **variables: str) -> None:
        self.service = service
        self.environment = service.environment | {
            "DATABASE_URL": url,
            "ENVIRONMENT": "production",
            "SHUTDOWN_DELAY": str(DELAY),
            **variables,
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


@contextmanager
def one_behind_nginx(service: Service, folder: Path, fleet: Fleet) -> Iterator[Nginx]:
    """Run one process of `fleet` behind nginx; the other one is marked as down."""
    used, other = fleet.processes
    try:
        fleet.begin(used)
        with nginx(service, [used, other], folder) as balancer:
            balancer.before_stop(other)
            yield balancer
    finally:
        fleet.end(used)


def post_late(balancer: Nginx, seconds: float) -> list[int]:
    """Send two POSTs, and let nginx read the second one only `seconds` later."""
    statuses = []
    with closing(http.client.HTTPConnection("127.0.0.1", balancer.port, timeout=60)) as client:
        for pause in (0.0, seconds):
            with balancer.paused() if pause else nullcontext():
                body = f'{{"name": "{balancer.port} {pause}", "price": "1"}}'
                client.request("POST", PRODUCTS, body, {"Content-Type": "application/json"})
                time.sleep(pause)
            response = client.getresponse()
            response.read()
            statuses.append(response.status)
    return statuses


def test_a_connection_that_the_service_closes_first_is_a_502(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    servers.program("nginx")
    service = start(database="postgresql")
    with service.running_database() as url:
        service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        early = Fleet(service, url, KEEP_ALIVE_TIMEOUT="1", SHUTDOWN_DELAY="0")
        with one_behind_nginx(service, tmp_path, early) as balancer:
            assert post_late(balancer, 3) == [201, 502]
        default = Fleet(service, url, SHUTDOWN_DELAY="0")
        with one_behind_nginx(service, tmp_path, default) as balancer:
            assert post_late(balancer, 3) == [201, 201]
