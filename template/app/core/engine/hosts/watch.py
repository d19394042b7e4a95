"""The end of connections to a host that gives no answer, when another host can be used."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, NamedTuple
from weakref import WeakKeyDictionary

from structlog import get_logger

from app.core.engine.addresses import Address
from app.core.engine.hosts.search import ConnectionT, Search

# Seconds between two questions, for an answer, and until the other hosts are asked again.
PERIOD = 1.0
PATIENCE = 1.0
RETRY = 0.5

logger = get_logger(__name__)


class _Host(NamedTuple, Generic[ConnectionT]):
    search: Search[ConnectionT]
    another_fits: Callable[[], Awaitable[bool]]


class HostWatch(Generic[ConnectionT]):
    """Asks each host in use once a second, on a connection of its own.

    Without it, the requests on a machine that has vanished would wait for the statement timeout,
    and hold all connections of the pool, although another server has taken over. A host that is
    only slow keeps its connections, because no other host can be used then.
    """

    def __init__(self) -> None:
        self._in_use: WeakKeyDictionary[ConnectionT, Address] = WeakKeyDictionary()
        self._hosts: dict[Address, _Host[ConnectionT]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(
        self,
        search: Search[ConnectionT],
        address: Address,
        connection: ConnectionT,
        another_fits: Callable[[], Awaitable[bool]],
    ) -> None:
        """Watch the host of a connection that has been opened.

        Args:
            search: opens further connections to the host.
            address: the host.
            connection: the connection.
            another_fits: whether another host can be used.
        """
        self._in_use[connection] = address
        # Of the newest connection: the password may have changed.
        self._hosts[address] = _Host(search, another_fits)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Ask until all connections are gone."""
        own: dict[Address, ConnectionT] = {}
        try:
            while self._in_use:
                await asyncio.sleep(PERIOD)
                for address in {*self._in_use.values()}:
                    await self._ask(address, own)
        finally:
            for address, connection in own.items():
                self._hosts[address].search.close(connection)

    async def _ask(self, address: Address, own: dict[Address, ConnectionT]) -> None:
        host = self._hosts[address]
        question = asyncio.create_task(_answer(host.search, address, own))
        try:
            # Twice: after a pause of this process an answer may be there, but not be read yet.
            for _ in range(2):
                await asyncio.wait([question], timeout=PATIENCE / 2)
            while not question.done():
                if await host.another_fits():
                    self._leave(address)
                    break
                await asyncio.wait([question], timeout=RETRY)
        finally:
            question.cancel()
            with suppress(asyncio.CancelledError, *host.search.errors):
                await question

    def _leave(self, address: Address) -> None:
        connections = [one for one, place in self._in_use.items() if place == address]
        logger.warning("database_host_left", host=str(address), connections=len(connections))
        for connection in connections:
            self._hosts[address].search.close(connection)
            del self._in_use[connection]


async def _answer(
    search: Search[ConnectionT], address: Address, own: dict[Address, ConnectionT]
) -> None:
    connection = own.pop(address, None) or await search.connect(address)
    try:
        await search.ping(connection)
    except BaseException:
        search.close(connection)
        raise
    own[address] = connection
