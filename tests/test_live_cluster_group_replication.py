"""A service on three servers of MySQL Group Replication, under load and faults."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.clusters.group_replication import Group, group
from tests.clusters.load import Load, loaded, rows
from tests.clusters.mysql_node import Node, until
from tests.clusters.primary_proxy import haproxy
from tests.clusters.probe import probing
from tests.clusters.processes import serving
from tests.clusters.recovery import BOUND, report, settle
from tests.live import Service

pytestmark = pytest.mark.cluster

DATABASE = "shop"
# With 50 writes a second through three primaries on two processors, the group itself needed more
# than a minute to expel a member that was killed.
RATE = 15


@contextmanager
def by_url(service: Service, servers: Group, database: str) -> Iterator[str]:
    """Yield the URL with all servers."""
    yield servers.url(database)


@pytest.mark.parametrize("entrance", [by_url, haproxy], ids=["url", "haproxy"])
def test_a_single_primary(mysql_service: Service, entrance: Callable[..., object]) -> None:
    with group() as servers, entrance(mysql_service, servers, DATABASE) as url:
        migrate(mysql_service, servers)
        with (
            serving(mysql_service, url) as addresses,
            probing(servers.nodes) as probe,
            loaded(mysql_service, *addresses) as load,
        ):
            one, two, three = servers.nodes
            settle(*addresses)
            load.mark("switch")
            servers.switch(two)
            settle(*addresses)
            fail(servers, load, "kill", two)
            settle(*addresses)
            (primary,) = servers.primaries(seen_by=three)
            other = three if primary is one else one
            load.mark("majority lost")
            other.freeze()
            time.sleep(8)
            load.mark("majority back")
            other.thaw()
            settle(*addresses)
            servers.start(two)
            servers.until_online()
            settle(*addresses)
            # On a slow machine the group may have chosen another one meanwhile.
            (primary,) = servers.primaries(seen_by=three)
            fail(servers, load, "freeze", primary)
            settle(*addresses)
            # It does not know yet that there is another primary.
            primary.thaw()
            servers.until_online()
            settle(*addresses)
        found = rows(mysql_service, servers.nodes[1].url(DATABASE))
        print(f"stored though refused: {load.stored_though_refused(found)}")
        report(load, probe, "switch", "kill", "freeze", "majority back")
        load.check(found)
        for fault in ("kill", "freeze", "majority lost"):
            turned = load.turned("503", after=load.marks[fault])
            print(f"{fault}: readiness 503 after {turned:.2f} s")
            assert turned < 2 * BOUND, fault


def test_three_primaries(mysql_service: Service) -> None:
    with group(multi_primary=True) as servers:
        migrate(mysql_service, servers)
        urls = [node.url(DATABASE) for node in servers.nodes]
        with (
            serving(mysql_service, *urls, DATABASE_STATEMENT_TIMEOUT="5") as addresses,
            loaded(mysql_service, *addresses, rate=RATE) as load,
        ):
            one, two, three = servers.nodes
            settle(*addresses)
            load.mark("kill")
            two.kill()
            until_expelled(servers, seen_by=one)
            load.mark("kill ends")
            servers.start(two)
            servers.until_online()
            settle(*addresses)
            load.mark("freeze")
            three.freeze()
            until_expelled(servers, seen_by=one)
            load.mark("freeze ends")
            three.thaw()
            servers.until_online()
            settle(*addresses)
        load.print_report("three primaries")
        found = rows(mysql_service, one.url(DATABASE))
        assert sorted(found) == sorted(rows(mysql_service, two.url(DATABASE)))
        load.check(found)
        for fault, away in (("kill", 1), ("freeze", 2)):
            begin, end = load.marks[fault], load.marks[f"{fault} ends"]
            for number, address in enumerate(addresses):
                statuses = counted(load, address, begin, end)
                print(f"{fault}: {address} answered {dict(statuses)}")
                # The others wait until the group has expelled the member.
                assert (number == away) != ("201" in statuses), fault


def until_expelled(servers: Group, *, seen_by: Node) -> None:
    """Wait until the group goes on with two members, and for some writes more."""
    until(lambda: len(servers.members(seen_by=seen_by)) == 2, "the member is expelled")
    time.sleep(4)


def counted(load: Load, address: str, begin: float, end: float) -> Counter[str]:
    """Count the statuses of POST requests to a process, in the last three seconds of a period."""
    begin = max(begin, end - 3)
    return Counter(
        answer.status
        for answer in load.answers
        if answer.kind == "POST" and answer.url.startswith(address) and begin < answer.started < end
    )


def migrate(service: Service, servers: Group) -> None:
    """Create the database and its tables through the URL with all servers."""
    servers.nodes[0].query(f"CREATE DATABASE {DATABASE}")
    service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=servers.url(DATABASE))


def fail(servers: Group, load: Load, fault: str, primary: Node) -> None:
    """Kill or freeze the primary, and wait until there is another one."""
    seer = next(node for node in servers.nodes if node is not primary)
    assert servers.primaries(seen_by=seer) == [primary]
    load.mark(fault)
    getattr(primary, fault)()
    until(
        lambda: servers.primaries(seen_by=seer) not in ([], [primary]),
        f"there is another primary after the {fault}",
    )
