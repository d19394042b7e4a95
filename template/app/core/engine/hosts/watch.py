"""The end of connections to a host that gives no answer, when another host can be used."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
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
    only slow keeps its connections, unless another host can be used: a cluster with one primary
    has no other one then.
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
        # The search of the newest connection, because the password may have changed.
        self._hosts[address] = _Host(search, another_fits)
        if self._task is None or self._task.done():
            # Without the context of the request that happens to be the first one.
            self._task = asyncio.create_task(self._run(), context=Context())

    async def _run(self) -> None:
        """Ask until all connections are gone."""
        own: dict[Address, ConnectionT] = {}
        try:
            while self._in_use:
                await asyncio.sleep(PERIOD)
                in_use = {*self._in_use.values()}
                for address in own.keys() - in_use:
                    self._hosts[address].search.close(own.pop(address))
                for address in in_use:
                    await self._ask(address, own)
        finally:
            for address, connection in own.items():
                self._hosts[address].search.close(connection)

    async def _ask(self, address: Address, own: dict[Address, ConnectionT]) -> None:
        host = self._hosts[address]
        question = asyncio.create_task(_answer(host.search, address, own))
        try:
            # Two waits: if this process was paused, the answer has arrived but is not read yet.
            for _ in range(2):
                await asyncio.wait([question], timeout=PATIENCE / 2)
            while not question.done():
                if await host.another_fits() and not question.done():
                    self._leave(address)
                    return
                await asyncio.wait([question], timeout=RETRY)
        finally:
            question.cancel()
            # `await question` would hide that this task is cancelled, and wait without a limit for
            # a driver that loses the cancellation.
            await asyncio.wait([question], timeout=PATIENCE)

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
