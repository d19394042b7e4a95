"""The watch of hosts in use: silence, slowness, the end of connections."""

import asyncio
import gc

import pytest
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from app.core.engine.hosts import watch
from app.core.engine.hosts.hosts import Hosts
from tests.platform.core.engine.hosts.servers import Link, RefusedError, Servers, until

ALL = {"one": "usable", "two": "usable", "three": "usable"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask often."""
    monkeypatch.setattr(watch, "PERIOD", 0.02)
    monkeypatch.setattr(watch, "PATIENCE", 0.4)
    monkeypatch.setattr(watch, "RETRY", 0.02)


async def opened(servers: Servers, hosts: Hosts[Link], *, seconds: float = 5) -> None:
    """Open two connections, and wait until the watch has its own one."""
    before = len(servers.links)
    for _ in range(2):
        await servers.find(hosts, seconds=seconds)
    await until(lambda: len(servers.links) == before + 3)


async def test_connections_to_a_silent_host_end_when_another_one_fits() -> None:
    servers, hosts = Servers(one="usable", two="standby", three="standby"), Hosts[Link]()
    await opened(servers, hosts)
    servers.states["one"] = "silent"
    await until(lambda: "three" in servers.asked)
    # The host may be slow.
    assert "one" not in servers.closed
    servers.states["three"] = "usable"
    with capture_logs() as lines:
        await until(lambda: servers.closed.count("one") == 3)
    (line,) = lines
    assert (line["event"], line["host"], line["connections"]) == ("database_host_left", "one:1", 2)
    # New connections do not wait for the silent host first.
    assert await asyncio.wait_for(servers.find(hosts, seconds=5), 1) == "three"


async def test_a_host_that_was_slow_keeps_its_connections() -> None:
    servers, hosts = Servers(one="usable", two="standby", three="standby"), Hosts[Link]()
    await opened(servers, hosts)
    servers.states["one"] = "slow"
    await until(lambda: servers.asked.count("three") > 2)
    servers.states["one"] = "usable"
    await asyncio.sleep(0.1)
    servers.states["three"] = "usable"
    await asyncio.sleep(0.1)
    assert servers.closed.count("one") == 0
    assert len(servers.links) == 3 + servers.closed.count("two") + servers.closed.count("three")


async def test_an_answer_during_the_search_for_another_host_is_enough() -> None:
    servers, hosts = Servers(one="usable", two="mute", three="usable"), Hosts[Link]()
    await opened(servers, hosts, seconds=1)
    servers.states["one"] = "slow"
    await until(lambda: "two" in servers.asked)
    servers.states["one"] = "usable"
    await until(lambda: "three" in servers.closed)
    await asyncio.sleep(0.1)
    assert "one" not in servers.closed


async def test_a_cancelled_watch_ends() -> None:
    servers, hosts = Servers(one="usable", two="standby", three="standby"), Hosts[Link]()
    await opened(servers, hosts)
    servers.states["one"] = "deaf"
    await until(lambda: "three" in servers.asked)
    servers.states["three"] = "usable"
    await until(lambda: servers.closed.count("one") == 2)
    task = hosts._watch._task
    assert task is not None
    task.cancel()
    await asyncio.wait_for(asyncio.wait([task]), 1)
    assert task.cancelled()


async def test_the_own_connection_ends_with_those_to_its_host() -> None:
    servers, hosts = Servers(**ALL), Hosts[Link]()
    await opened(servers, hosts)
    servers.states["one"] = "standby"
    assert await servers.find(hosts, seconds=5) == "two"
    assert servers.closed == ["one"]
    del servers.links[:2]
    gc.collect()
    await until(lambda: servers.closed == ["one", "one"])


async def test_a_host_that_answers_keeps_its_connections() -> None:
    servers, hosts = Servers(**ALL), Hosts[Link]()
    with bound_contextvars(request_id="first"):
        await opened(servers, hosts)
    await asyncio.sleep(0.2)
    assert servers.closed == []
    assert servers.asked == ["one"] * 3
    assert servers.contexts == [{"request_id": "first"}] * 2 + [{}]


async def test_a_host_that_refuses_is_asked_again() -> None:
    servers, hosts = Servers(**ALL), Hosts[Link]()
    await opened(servers, hosts)
    servers.states["one"] = RefusedError()
    await until(lambda: servers.asked.count("one") > 5)
    assert servers.closed == ["one"]
    servers.states["one"] = "usable"
    await until(lambda: len(servers.links) == 4)


async def test_the_watch_ends_with_the_last_connection() -> None:
    servers, hosts = Servers(**ALL), Hosts[Link]()
    await opened(servers, hosts)
    servers.links.clear()
    gc.collect()
    await until(lambda: servers.closed == ["one"])
    await opened(servers, hosts)
