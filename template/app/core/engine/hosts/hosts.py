"""A connection to the first usable one of several hosts, each with its share of the time."""

import asyncio
import os
from collections.abc import Sequence
from time import monotonic
from typing import Generic

from app.core.engine.addresses import Address, NoUsableHostError
from app.core.engine.hosts.search import ConnectionT, Search
from app.core.engine.hosts.watch import HostWatch

# While other hosts answer, a silent one is tried again after these seconds, by one caller.
PAUSE = 1.0
# A silent host that answers again is the last choice for these seconds: a server that was frozen
# does not know at once that there is another primary.
RETURN = 5.0


class Hosts(Generic[ConnectionT]):
    """The hosts of an engine. It remembers those that give no answer, and leaves them out.

    Otherwise each new connection would wait for a machine that has vanished.
    """

    def __init__(self) -> None:
        self._silent_until: dict[Address, float] = {}
        self._last_until: dict[Address, float] = {}
        self._watch: HostWatch[ConnectionT] = HostWatch()

    async def find(
        self,
        search: Search[ConnectionT],
        addresses: Sequence[Address],
        *,
        seconds: float,
        each: float | None = None,
    ) -> ConnectionT:
        """Return a connection to the first host that can be used.

        Args:
            search: the wanted connection.
            addresses: the hosts in the order of the search.
            seconds: the time for all hosts; each gets an equal share of the rest.
            each: seconds for each host instead of its share.

        Raises:
            NoUsableHostError: with the reasons of all hosts, from the most telling error. The only
                host of a URL has its own error instead.
        """
        address, connection = await self._find(search, addresses, seconds, each)
        if others := [one for one in addresses if one != address]:

            async def another_fits() -> bool:
                try:
                    _, other = await self._find(search, others, seconds, each)
                except search.errors:
                    return False
                search.close(other)
                # The next connections skip this host.
                self._silent_until[address] = monotonic() + PAUSE
                return True

            self._watch.add(search, address, connection, another_fits)
        return connection

    async def _find(
        self,
        search: Search[ConnectionT],
        addresses: Sequence[Address],
        seconds: float,
        each: float | None,
    ) -> tuple[Address, ConnectionT]:
        end = monotonic() + seconds
        order = self._order(addresses)
        errors: dict[Address, Exception] = {}
        last: list[tuple[Address, ConnectionT]] = []
        unwanted: list[tuple[Address, ConnectionT]] = []
        try:
            for number, address in enumerate(order):
                share = each or (end - monotonic()) / (len(order) - number)
                try:
                    connection, reason = await self._ask(search, address, share)
                except search.errors as error:
                    errors[address] = error
                    continue
                if reason is not None:
                    unwanted.append((address, connection))
                    errors[address] = NoUsableHostError(f"{address}: {reason}")
                elif self._is_last(address):
                    last.append((address, connection))
                else:
                    return address, connection
            if last or (search.takes_any and unwanted):
                return (last or unwanted).pop(0)
        finally:
            for _, connection in last + unwanted:
                search.close(connection)
        raise _failure(addresses, errors)

    def _order(self, addresses: Sequence[Address]) -> list[Address]:
        now = monotonic()
        order = [one for one in addresses if self._silent_until.get(one, now) <= now]
        return sorted(order, key=self._is_last) or [*addresses]

    def _is_last(self, address: Address) -> bool:
        return self._last_until.get(address, 0) > monotonic()

    async def _ask(
        self, search: Search[ConnectionT], address: Address, share: float
    ) -> tuple[ConnectionT, str | None]:
        if address in self._silent_until:
            # Other callers skip this host meanwhile.
            self._silent_until[address] = monotonic() + share + PAUSE
        try:
            async with asyncio.timeout(share):
                answer = await search.attempt(address)
        except TimeoutError:
            self._silent_until[address] = monotonic() + PAUSE
            raise
        except search.errors:
            self._silent_until.pop(address, None)
            raise
        if self._silent_until.pop(address, None) is not None:
            self._last_until[address] = monotonic() + RETURN
        return answer


def _failure(addresses: Sequence[Address], errors: dict[Address, Exception]) -> Exception:
    if len(addresses) == 1:
        return errors[addresses[0]]
    reasons = [f"{one}: {_words(errors.get(one, TimeoutError()), one)}" for one in addresses]
    failure = NoUsableHostError("; ".join(reasons))
    # An error of a server has more information than a timeout.
    failure.__cause__ = min(errors.values(), key=_rank)
    return failure


def _rank(error: Exception) -> int:
    if isinstance(error, NoUsableHostError):
        return 1
    is_silence = isinstance(error, OSError) or isinstance(error.__cause__, OSError)
    return 2 if is_silence else 0


def _words(error: Exception, address: Address) -> str:
    if isinstance(error, TimeoutError) and not error.args:
        return "no answer in time"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    text = str(error.args[-1]) if error.args else type(error).__name__
    return " ".join(text.split()).removeprefix(f"{address}: ")
