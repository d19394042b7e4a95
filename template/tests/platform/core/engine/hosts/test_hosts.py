"""The search for a usable host: shares of the time, order, reasons."""

import asyncio

import pytest

from app.core.engine.addresses import NoUsableHostError
from app.core.engine.hosts import hosts as module
from app.core.engine.hosts.hosts import Hosts
from app.core.engine.hosts.search import Search
from tests.platform.core.engine.hosts.servers import ONE, Link, RefusedError, Servers, until


@pytest.mark.parametrize("state", ["silent", "mute", "standby", OSError(), RefusedError()])
async def test_the_next_host_is_used(state: object) -> None:
    servers = Servers(one=state, two="usable", three="usable")
    assert await servers.find(Hosts[Link]()) == "two"
    assert servers.closed == (["one"] if state in ("mute", "standby") else [])


async def test_each_host_has_a_share_of_the_time() -> None:
    servers = Servers(one="silent", two="silent", three="usable")
    assert await servers.find(Hosts[Link]()) == "three"


async def test_each_host_may_have_its_own_time() -> None:
    servers = Servers(one="silent", two="usable", three="usable")
    assert await servers.find(Hosts[Link](), seconds=0.001, each=0.4) == "two"


async def test_a_silent_host_is_left_out_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.5)
    servers, hosts = Servers(one="silent", two="usable", three="usable"), Hosts[Link]()
    for _ in range(2):
        await servers.find(hosts)
    assert servers.asked == ["one", "two", "two"]
    await asyncio.sleep(0.5)
    servers.asked.clear()
    await asyncio.gather(*(servers.find(hosts) for _ in range(3)))
    assert servers.asked.count("one") == 1


async def test_a_silent_host_that_comes_back_is_the_last_choice_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    monkeypatch.setattr(module, "RETURN", 0.3)
    servers, hosts = Servers(one="silent", two="usable", three="standby"), Hosts[Link]()
    await servers.find(hosts)
    servers.states["one"] = "usable"
    servers.asked.clear()
    assert [await servers.find(hosts) for _ in range(2)] == ["two", "two"]
    assert servers.asked == ["one", "two", "two"]
    assert servers.closed == ["one"]
    servers.states["two"] = "standby"
    assert await servers.find(hosts) == "one"
    servers.states["two"] = "usable"
    await asyncio.sleep(0.3)
    assert await servers.find(hosts) == "one"


async def test_a_silent_host_that_answers_again_is_not_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    servers, hosts = Servers(one="silent", two="usable", three="usable"), Hosts[Link]()
    await servers.find(hosts)
    servers.states["one"] = RefusedError()
    await servers.find(hosts)
    assert hosts._silent_until == {}


async def test_all_hosts_are_asked_when_all_are_silent() -> None:
    servers, hosts = Servers(one="silent", two="silent", three="silent"), Hosts[Link]()
    for _ in range(2):
        with pytest.raises(NoUsableHostError, match="one:1: no answer in time; two:2: no") as found:
            await servers.find(hosts, seconds=0.03)
        assert isinstance(found.value.__cause__, TimeoutError)
    assert servers.asked == ["one", "two", "three"] * 2


@pytest.mark.parametrize(
    ("states", "reasons", "cause"),
    [
        (
            ("standby", RefusedError("wrong\npassword"), OSError(111, "Connect call failed")),
            "one:1: it is a standby; two:2: wrong password; three:3: Connection refused",
            RefusedError,
        ),
        (
            (OSError("closed"), "standby", OSError()),
            "one:1: closed; two:2: it is a standby; three:3: OSError",
            NoUsableHostError,
        ),
    ],
)
async def test_the_error_has_the_reasons_of_all_hosts(
    states: tuple[object, ...], reasons: str, cause: type[Exception]
) -> None:
    servers = Servers(**dict(zip(("one", "two", "three"), states, strict=True)))
    with pytest.raises(NoUsableHostError) as found:
        await servers.find(Hosts[Link]())
    assert str(found.value) == reasons
    assert isinstance(found.value.__cause__, cause)
    assert servers.closed == [host for host in servers.asked if servers.states[host] == "standby"]


async def test_a_mistake_in_the_program_is_not_hidden() -> None:
    servers = Servers(one="standby", two=RuntimeError(), three="usable")
    with pytest.raises(RuntimeError):
        await servers.find(Hosts[Link](), takes_any=True)
    assert servers.closed == ["one"]


async def test_the_only_host_has_its_own_error() -> None:
    one = Servers(one=RefusedError())
    search = Search(one.connect, one.refusal, one.ping, one.close, errors=(RefusedError,))
    with pytest.raises(RefusedError):
        await Hosts[Link]().find(search, [ONE], seconds=1)


async def test_an_unwanted_host_may_be_better_than_none() -> None:
    servers = Servers(one=OSError(), two="standby", three="standby")
    assert await servers.find(Hosts[Link](), takes_any=True) == "two"
    assert servers.closed == ["three"]
    servers.states["three"] = "usable"
    assert await servers.find(Hosts[Link](), takes_any=True) == "three"
    assert servers.closed == ["three", "two"]


async def test_a_cancelled_search_leaves_no_connection() -> None:
    servers = Servers(one="standby", two="mute", three="usable")
    task = asyncio.ensure_future(servers.find(Hosts[Link](), seconds=60, takes_any=True))
    await until(lambda: len(servers.links) == 2)
    task.cancel()
    await asyncio.wait([task])
    assert sorted(servers.closed) == ["one", "two"]
