"""Servers of a list of hosts, without a network."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from structlog.contextvars import get_contextvars

from app.core.engine.addresses import Address
from app.core.engine.hosts.hosts import Hosts
from app.core.engine.hosts.search import Search

ONE, TWO, THREE = [Address("one", 1), Address("two", 2), Address("three", 3)]
ALL = [ONE, TWO, THREE]


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


class RefusedError(Exception):
    """An answer of a server."""


class Link:
    """A connection to a host."""

    def __init__(self, host: str) -> None:
        self.host = host


class Servers:
    """Servers by their hosts: silent, refusing, unwanted, or usable."""

    def __init__(self, **states: object) -> None:
        self.states = states
        self.asked: list[str] = []
        self.contexts: list[dict[str, object]] = []
        self.links: list[Link] = []
        self.closed: list[str] = []

    async def connect(self, address: Address) -> Link:
        host = str(address.host)
        self.asked.append(host)
        self.contexts.append(get_contextvars())
        state = self.states[host]
        if state == "silent":
            await asyncio.sleep(60)
        if isinstance(state, Exception):
            raise state
        await asyncio.sleep(0.01)
        self.links.append(Link(host))
        return self.links[-1]

    async def refusal(self, link: Link) -> str | None:
        state = self.states[link.host]
        if state == "mute":
            await asyncio.sleep(60)
        return "it is a standby" if state == "standby" else None

    async def ping(self, link: Link) -> None:
        """Answer, unless the server is silent; a slow one answers when it is not slow any more.

        With a deaf one, a cancellation of the wait is lost.
        """
        state = self.states[link.host]
        if state == "deaf":
            for _ in range(2):
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(3)
        if state == "slow":
            await until(lambda: self.states[link.host] != "slow")
        if state == "silent":
            await asyncio.sleep(60)
        if isinstance(state, Exception):
            raise state

    def close(self, link: Link) -> None:
        self.closed.append(link.host)

    async def find(
        self,
        hosts: Hosts[Link],
        *,
        seconds: float = 1.2,
        each: float | None = None,
        takes_any: bool = False,
    ) -> str:
        search = Search(
            self.connect,
            self.refusal,
            self.ping,
            self.close,
            errors=(OSError, RefusedError),
            takes_any=takes_any,
        )
        return (await hosts.find(search, ALL, seconds=seconds, each=each)).host
