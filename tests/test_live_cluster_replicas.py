"""A service that reads from two standbys, while they fail, lag behind and are promoted."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.clusters.load import loaded, rows
from tests.clusters.postgresql import Cluster, Node, cluster
from tests.clusters.processes import log_of, serving
from tests.live import Service

pytestmark = pytest.mark.cluster

Start = Callable[..., Service]

# Tells which server a read was sent to.
ROUTES = '''"""The server that is read."""

from sqlalchemy import func, select

from app.core.http.routing import FeatureRouter
from app.core.replica import CurrentReplicaReader

router = FeatureRouter(prefix="/where", tag="where", description="The server that is read.")


@router.get("")
async def get_where(reader: CurrentReplicaReader) -> int:
    """Return the port of the server."""
    ((port,),) = await reader.rows(select(func.inet_server_port()))
    return int(port or 0)
'''
READS_PER_SECOND = 20
WRITES_PER_SECOND = 10
MAX_LAG = 2
# Seconds in which a frozen server is found by its check, and the reads that wait are repeated.
SILENCE = 6.0
# Seconds in which a replica is left or used again; generous, the figures are printed.
CHANGES = 30.0


class Read(NamedTuple):
    """A read: its start and its end in seconds, its status, and the port of the server."""

    started: float
    ended: float
    status: int
    port: int


@dataclass
class Reads:
    """The reads of a service, at a constant rate."""

    host: str
    found: list[Read] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        """Send one read, and note its result."""
        started, status, port = time.monotonic(), 0, 0
        try:
            with urlopen(f"http://{self.host}/api/v1/where", timeout=60) as answer:
                status, port = answer.status, int(answer.read())
        except HTTPError as error:
            status = error.code
        self.found.append(Read(started, time.monotonic(), status, port))

    def run(self) -> None:
        """Send reads until the end, each in a thread, since some wait."""
        threads = []
        while not self.stopped.wait(1 / READS_PER_SECOND):
            threads.append(threading.Thread(target=self.read))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def ports(self, seconds: float) -> Counter[int]:
        """Return the servers of the reads of the next seconds."""
        start = time.monotonic()
        time.sleep(seconds)
        return Counter(read.port for read in self.found if read.started > start)

    def until(self, *nodes: Node) -> float:
        """Return the seconds until reads are sent to these servers, and to no other ones."""
        start, expected = time.monotonic(), {node.port for node in nodes}
        while {*self.ports(0.5)} != expected:
            assert time.monotonic() - start < CHANGES, f"not only {expected}"
        return time.monotonic() - start


@contextmanager
def reading(address: str) -> Iterator[Reads]:
    """Send reads while the block runs."""
    reads = Reads(address.removeprefix("http://"))
    thread = threading.Thread(target=reads.run)
    thread.start()
    try:
        yield reads
    finally:
        reads.stopped.set()
        thread.join(timeout=60)


def test_reads_are_spread_and_survive_each_fault_of_a_standby(start: Start) -> None:
    service = start(database="postgresql")
    (service.path / "app/where").mkdir()
    (service.path / "app/where/routes.py").write_text(ROUTES)
    with cluster(service) as servers:
        one, two = servers.standbys
        first = servers.primary
        servers.primary.query("CREATE DATABASE shop OWNER app")
        servers.until_followed()
        url = servers.url("shop")
        service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        replicas = url.replace(f"127.0.0.1:{first.port},", "")
        variables = {"DATABASE_REPLICA_URL": replicas, "DATABASE_REPLICA_MAX_LAG": f"{MAX_LAG}"}
        with (
            serving(service, url, **variables) as (address,),
            loaded(service, address, rate=WRITES_PER_SECOND) as load,
            reading(address) as reads,
        ):
            figures = faults(servers, reads, one, two)
            with measured(figures, "promotion"):
                first.kill()
                servers.primary = two
                two.promote()
                reads.until(one, two)
            figures["without standbys"] = without(one, two, reads)
        found = rows(service, url)
        log = log_of(service).read_text()
    load.check(found)
    load.print_report("replicas")
    statuses = Counter(read.status for read in reads.found)
    slowest = max(read.ended - read.started for read in reads.found)
    print(f"reads: {dict(statuses)}, slowest {slowest:.2f} s")
    print({name: round(seconds, 2) for name, seconds in figures.items()})
    print("\n".join(line for line in log.splitlines() if "replica_" in line))
    assert set(statuses) == {200}
    assert "replica_left" in log
    assert "s behind" in log
    assert "replica_used" in log


def faults(servers: Cluster, reads: Reads, one: Node, two: Node) -> dict[str, float]:
    """Let a standby fail in each way; return the seconds until it was left and used again."""
    figures: dict[str, float] = {"start": reads.until(one, two)}
    ports = reads.ports(2)
    assert min(ports.values()) > 0.4 * ports.total(), ports

    one.kill()
    figures["killed"] = reads.until(two)
    servers.join(one)
    figures["killed, back"] = reads.until(one, two)

    two.freeze()
    time.sleep(SILENCE)
    figures["frozen"] = reads.until(one)
    two.thaw()
    figures["frozen, back"] = reads.until(one, two)

    one.query("SELECT pg_wal_replay_pause()")
    figures["behind"] = reads.until(two)
    one.query("SELECT pg_wal_replay_resume()")
    figures["behind, back"] = reads.until(one, two)
    return figures


@contextmanager
def measured(figures: dict[str, float], name: str) -> Iterator[None]:
    """Note the seconds of a block."""
    start = time.monotonic()
    yield
    figures[name] = time.monotonic() - start


def without(standby: Node, primary: Node, reads: Reads) -> float:
    """Stop the last standby, and return the seconds until reads are sent to the primary only."""
    standby.freeze()
    try:
        time.sleep(SILENCE)
        return reads.until(primary)
    finally:
        standby.thaw()
