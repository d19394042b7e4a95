"""A day in production: the image behind a load balancer, restarts under load, and one trace."""

import http.client
import json
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from benchmarks.telemetry import collector
from tests.balancers import nginx
from tests.image import Image
from tests.live import Service, uv_cache
from tests.servers import free_port

pytestmark = pytest.mark.proof

CLIENTS = 8
# The balancer asks no probes, so the delay is only as long as its idle connections need.
VARIABLES = {"SHUTDOWN_DELAY": "1", "SHUTDOWN_TIMEOUT": "20", "OTEL_BSP_SCHEDULE_DELAY": "200"}
RESTART_DATABASE = """
from scripts import local_database, local_server
result = local_server._pg_ctl(local_database.folder(), "restart", "-w", "-m", "fast")
assert result.returncode == 0, result.stderr
"""
# Prints the spans of one trace: name, kind and parent of each.
TRACE = """
import json, sys
from pathlib import Path
from tests.platform.otlp_receiver import Receiver
receiver = Receiver("")
receiver.bodies["/v1/traces"] = [path.read_bytes() for path in Path(sys.argv[1]).iterdir()]
spans = receiver.traces()[sys.argv[2]]
print(json.dumps([[s.name, s.kind, s.span_id.hex(), s.parent_span_id.hex()] for s in spans]))
"""
SERVER, CLIENT = 2, 3
NAMES = "SELECT name, count(*) FROM product GROUP BY name"
STORED = f"""
import asyncio, json, os
import asyncpg
async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"].replace("+asyncpg", ""))
    print(json.dumps(dict(await connection.fetch({NAMES!r}))))
asyncio.run(main())
"""


@dataclass(frozen=True)
class Answer:
    """What a client got for a request."""

    trace: str
    name: str
    status: int
    retry_after: str | None


class Process:
    """A process of the image, with its log in a file."""

    def __init__(self, image: Image, log: Path, **variables: str) -> None:
        self.image, self.log, self.variables = image, log, variables
        self.start()

    def start(self) -> None:
        with self.log.open("a") as log:
            self._process = self.image.start(self.image.settings.command, log, **self.variables)
        self.wait_until(200)

    def wait_until(self, status: int) -> None:
        """Wait until readiness answers with a status."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if status_of(int(self.variables["PORT"]), "/health/ready") == status:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        pytest.fail(f"not {status}: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it as an orchestrator does, and wait for its end."""
        self._process.send_signal(signal.SIGTERM)
        # 0 as process 1 of a container, which signals do not end.
        assert self._process.wait(timeout=60) in (0, -signal.SIGTERM)

    def close(self) -> None:
        """End it, if a test has failed before."""
        self._process.kill()
        self._process.wait()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


@contextmanager
def collecting(folder: Path) -> Iterator[str]:
    """Yield the endpoint of a collector that writes each export of spans to a file."""
    folder.mkdir()

    def store(path: str, body: bytes) -> None:
        if path == "/v1/traces":
            (folder / uuid4().hex).write_bytes(body)

    with collector(store) as endpoint:
        yield endpoint


def client(port: int, number: int, stop: Event) -> list[Answer]:
    """Send requests, each with a trace id, until `stop`; return the answers."""
    chance, answers = random.Random(number), []  # noqa: S311
    while not stop.is_set():
        trace = f"{chance.getrandbits(128):032x}"
        headers = {
            "Content-Type": "application/json",
            "traceparent": f"00-{trace}-{chance.getrandbits(64) | 1:016x}-01",
        }
        method, path, name, body = "GET", "/api/v1/products?limit=5", "", None
        if chance.random() < 0.5:
            method, path, name = "POST", "/api/v1/products", f"Pen {trace}"
            body = json.dumps({"name": name, "price": "1"})
        # nginx closes its idle connections to clients when it is reloaded.
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
        answers.append(Answer(trace, name, response.status, response.getheader("Retry-After")))
        time.sleep(0.05 if response.status == 503 else 0.005)
    return answers


@contextmanager
def load(port: int) -> Iterator[list[Answer]]:
    """Send requests of several clients during the block; their answers are there after it."""
    answers: list[Answer] = []
    stop = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, port, number, stop) for number in range(CLIENTS)]
        try:
            yield answers
        finally:
            stop.set()
        for finished in clients:
            answers += finished.result()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_no_request_is_lost_on_a_day_with_restarts_and_one_trace_tells_its_story(
    start: Callable[..., Service], place: Path
) -> None:
    service = start(database="postgresql")
    service.run("uv", "add", "--quiet", "fastapi[opentelemetry]")
    service.run("git", "clone", "--quiet", str(service.path), str(place / "context"))
    for name in ("pyproject.toml", "uv.lock"):
        (place / "context" / name).write_bytes((service.path / name).read_bytes())
    image = Image(place / "context", place / "image", uv_cache())
    with ExitStack() as stack:
        url = stack.enter_context(service.running_database())
        spans = stack.enter_context(collecting(place / "spans"))
        shared = VARIABLES | {"DATABASE_URL": url, "OTEL_EXPORTER_OTLP_ENDPOINT": spans}
        migrated = image.run("alembic", "upgrade", "head", **shared)
        assert migrated.returncode == 0, migrated.stdout
        processes = [
            stack.enter_context(
                closing(Process(image, place / f"{number}.log", **shared, PORT=str(free_port())))
            )
            for number in range(2)
        ]
        ports = [int(process.variables["PORT"]) for process in processes]
        balancer = stack.enter_context(nginx(service, ports, place))
        with load(balancer.port) as answers:
            time.sleep(1)
            for process, port in zip(processes, ports, strict=True):
                balancer.before_stop(port)
                process.stop()
                process.start()
                balancer.after_start(port)
            service.run("uv", "run", "python", "-c", RESTART_DATABASE)
            for process in processes:
                process.wait_until(200)
            time.sleep(1)
        for process in processes:
            process.stop()
        stored = json.loads(service.run("uv", "run", "python", "-c", STORED, DATABASE_URL=url))

    lost = [a for a in answers if a.status != (503 if a.retry_after else 201 if a.name else 200)]
    assert not lost, (len(lost), len(answers), lost[:5])
    assert {a.name for a in answers if a.status == 201} <= stored.keys()
    assert set(stored.values()) == {1}
    assert Counter(a.status for a in answers)[201] > 100
    created = next(a for a in answers if a.status == 201)
    [line] = [
        line
        for process in processes
        for line in process.lines()
        if line.get("trace_id") == created.trace
    ]
    assert (line["event"], line["route"], line["status"]) == ("request", "/api/v1/products", 201)
    tree = json.loads(
        service.run("uv", "run", "python", "-c", TRACE, str(place / "spans"), created.trace)
    )
    [request, *statements] = tree
    assert request[:2] == ["POST /api/v1/products", SERVER]
    assert {kind for _, kind, *_ in statements} == {CLIENT}
    assert {parent for *_, parent in statements} == {request[2]}
    assert [name for name, *_ in statements][-2:] == ["INSERT product", "COMMIT"]
