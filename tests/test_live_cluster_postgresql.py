"""A service on a PostgreSQL primary with two standbys, while servers fail."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.clusters.load import Load, loaded, rows
from tests.clusters.pgbouncer import PgBouncer, pgbouncer
from tests.clusters.postgresql import Cluster, Node, cluster
from tests.clusters.processes import serving
from tests.clusters.recovery import BOUND, settle
from tests.live import Service

pytestmark = pytest.mark.cluster

Start = Callable[..., Service]

# A statement that waits for a frozen server ends after these seconds, and one more.
STATEMENT_TIMEOUT = "2"
# Seconds of load between two events, and without a server before another one takes over.
PAUSE = 2.0
OUTAGE = 2.0


@contextmanager
def fault(load: Load, name: str) -> Iterator[None]:
    """Note when a fault begins, and when the database itself accepts writes again."""
    time.sleep(PAUSE)
    load.mark(f"{name} begins")
    yield
    load.mark(f"{name} ends")
    time.sleep(PAUSE)


def accepts_writes(node: Node) -> None:
    """Wait until a server accepts a write of a client that is not the service."""
    node.query("CREATE TABLE IF NOT EXISTS probe (n int); INSERT INTO probe VALUES (1)")


def fail(name: str, servers: Cluster, load: Load) -> None:
    """Kill or freeze the primary, and promote a standby."""
    old = servers.primary
    with fault(load, name):
        getattr(old, name)()
        time.sleep(OUTAGE)
        servers.fail_over()
        accepts_writes(servers.primary)
    # A failover manager ends a frozen primary before it goes on.
    old.kill()
    servers.join(old)
    servers.until_followed()


kill, freeze = partial(fail, "kill"), partial(fail, "freeze")


def switch(servers: Cluster, load: Load) -> None:
    with fault(load, "switch"):
        servers.switch()
        accepts_writes(servers.primary)
    servers.until_followed()


def lose_majority(servers: Cluster, load: Load) -> None:
    with fault(load, "majority"):
        for node in servers.standbys:
            node.freeze()
        time.sleep(2 * OUTAGE)
        for node in servers.standbys:
            node.thaw()
        accepts_writes(servers.primary)


def test_postgresql_writes_resume_after_each_fault_by_a_url_with_three_hosts(start: Start) -> None:
    service = start(database="postgresql")
    with cluster(service) as servers:
        url = prepared(service, servers)
        variables = {"DATABASE_STATEMENT_TIMEOUT": STATEMENT_TIMEOUT}
        with (
            serving(service, url, **variables) as addresses,
            loaded(service, *addresses) as load,
        ):
            for act in (kill, freeze, switch, lose_majority):
                act(servers, load)
            settle(*addresses)
            time.sleep(PAUSE)
        found = rows(service, url)
    load.print_report("PostgreSQL, three hosts")
    print(f"stored although refused: {load.stored_though_refused(found)}")
    assert_recovery(load, "kill", "freeze", "switch", "majority")
    for name in ("kill", "freeze"):
        unready = load.turned("503", after=load.marks[f"{name} begins"])
        print(f"{name}: readiness 503 after {unready:.2f} s")
        assert unready < 2 * BOUND
    load.check(found)


def test_postgresql_writes_resume_after_each_fault_behind_pgbouncer(start: Start) -> None:
    service = start(database="postgresql")
    with cluster(service) as servers:
        prepared(service, servers)
        with pgbouncer("shop", servers.primary) as pooler:
            variables = {"DATABASE_POOLER": "true", "DATABASE_STATEMENT_TIMEOUT": STATEMENT_TIMEOUT}
            with (
                serving(service, pooler.url, **variables) as addresses,
                loaded(service, *addresses) as load,
            ):
                restart(servers, load)
                switch_while_paused(servers, pooler, load)
                kill_behind(servers, pooler, load)
                settle(*addresses)
                time.sleep(PAUSE)
            found = rows(service, servers.primary.url("shop"))
    load.print_report("PostgreSQL, PgBouncer")
    print(f"stored although refused: {load.stored_though_refused(found)}")
    assert_recovery(load, "restart", "switch", "kill")
    load.check(found)


def restart(servers: Cluster, load: Load) -> None:
    with fault(load, "restart"):
        servers.primary.stop()
        servers.primary.start()
        accepts_writes(servers.primary)


def switch_while_paused(servers: Cluster, pooler: PgBouncer, load: Load) -> None:
    with fault(load, "switch"):
        # It waits for the end of all transactions; new ones wait for RESUME.
        pooler.command("PAUSE")
        servers.switch()
        pooler.use(servers.primary)
        pooler.command("RESUME")
        accepts_writes(servers.primary)
    servers.until_followed()


def kill_behind(servers: Cluster, pooler: PgBouncer, load: Load) -> None:
    with fault(load, "kill"):
        servers.primary.kill()
        time.sleep(OUTAGE)
        servers.fail_over()
        pooler.use(servers.primary)
        accepts_writes(servers.primary)


def assert_recovery(load: Load, *names: str) -> None:
    """Fail unless writes resume soon after each fault; `settle` waits for readiness."""
    for name in names:
        begin, end = load.marks[f"{name} begins"], load.marks[f"{name} ends"]
        during = dict(load.statuses("POST", after=begin, before=end))
        resumed = load.resumed(end)
        print(f"{name}: {end - begin:.2f} s with {during}; writes after {resumed:.2f} s")
        assert resumed < BOUND


def prepared(service: Service, servers: Cluster) -> str:
    """Create the database of a service, and return its URL with all servers."""
    servers.primary.query("CREATE DATABASE shop OWNER app")
    servers.until_followed()
    url = servers.url("shop")
    service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
    servers.synchronize()
    return url
