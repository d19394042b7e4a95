"""A connection pool with a FIFO queue and a time limit for waiting."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any, cast

from sqlalchemy import exc
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_

from app.core.engine import driver
from app.core.engine.request_connections import request_connections
from app.core.errors import DatabaseUnavailableError

# SQLAlchemy names a pool's logger after its class; keep it quiet without `DATABASE_POOL_ECHO`.
logging.getLogger(__name__).setLevel(logging.WARNING)

# Overflow connections are closed this long after the pool was last exhausted.
OVERFLOW_IDLE_SECONDS = 10.0


@dataclass
class Waits:
    """The callers of a pool that wait for a connection.

    Args:
        waiting: the number of those that wait now.
        timeouts: the number of those that waited too long.
        observers: called with the seconds of each wait, in the context of the caller.
    """

    waiting: int = 0
    timeouts: int = 0
    observers: list[Callable[[float], object]] = field(default_factory=list)


class FairQueuePool(AsyncAdaptedQueuePool):
    """SQLAlchemy's queue pool with a fair semaphore (FIFO) before each checkout.

    SQLAlchemy's own queue lets new callers overtake waiting ones, and wakes none of them when
    opening a connection fails. Here each connection has one permit, so a caller with a permit never
    waits in that queue.

    SQLAlchemy also closes an overflow connection as soon as it is returned. Under short bursts of
    load each burst would open it again, which costs more than a request; here it stays open for
    `OVERFLOW_IDLE_SECONDS`.

    A request that holds a connection gets no second one, see `RequestConnections`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit = self.size() + max(self._max_overflow, 0)
        self.waits = Waits()
        self._permits = asyncio.Semaphore(self.limit)
        self._idle_overflow: deque[ConnectionPoolEntry] = deque()
        self._last_exhausted = monotonic()
        self._held: dict[ConnectionPoolEntry, Callable[[], None]] = {}

    def connect(self) -> PoolProxiedConnection:
        """Check out a connection.

        Raises:
            DatabaseUnavailableError: for `CONNECT_ERRORS` of the driver, which SQLAlchemy does not
                wrap.
            SecondConnectionError: in `local`, when the request holds a connection.
            sqlalchemy.exc.TimeoutError: when no connection became free in time.
        """
        try:
            return super().connect()
        except driver.CONNECT_ERRORS as error:
            raise DatabaseUnavailableError from error

    def _do_get(self) -> ConnectionPoolEntry:
        request = request_connections.get()
        if request is None or request.is_over:
            return self._get()
        end = request.hold(self, is_exhausted=self._permits.locked)
        try:
            record = self._get()
        except BaseException:
            end()
            raise
        self._held[record] = end
        return record

    def _get(self) -> ConnectionPoolEntry:
        await_(self._wait_for_permit() if self._permits.locked() else self._permits.acquire())
        try:
            if self._pool.empty():
                self._last_exhausted = monotonic()
                if self._idle_overflow:
                    return self._idle_overflow.pop()
            return super()._do_get()
        except BaseException:
            self._permits.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if end := self._held.pop(record, None):
            end()
        recently_exhausted = monotonic() - self._last_exhausted < OVERFLOW_IDLE_SECONDS
        try:
            if recently_exhausted and self._pool.full():
                self._idle_overflow.append(record)
                return
            super()._do_return_conn(record)
            if self._idle_overflow and not recently_exhausted:
                super()._do_return_conn(self._idle_overflow.popleft())
        finally:
            self._permits.release()

    def renew(self) -> None:
        """Replace each connection that is open now, when it is used next."""
        self._invalidate_time = time()

    def dispose(self) -> None:
        """Close the connections that are not in use."""
        while self._idle_overflow:
            self._idle_overflow.pop().close()
        super().dispose()

    def recreate(self) -> "FairQueuePool":
        """Return a new pool, which goes on with the counts of waits."""
        pool = cast(FairQueuePool, super().recreate())
        pool.waits = self.waits
        return pool

    def idle(self) -> int:
        """Return the number of open connections that are not in use."""
        return self.checkedin() + len(self._idle_overflow)

    def checkedout(self) -> int:
        """Return the number of connections in use."""
        return super().checkedout() - len(self._idle_overflow)

    async def _wait_for_permit(self) -> None:
        started = monotonic()
        self.waits.waiting += 1
        try:
            async with asyncio.timeout(self._timeout):
                await self._permits.acquire()
        except TimeoutError:
            self.waits.timeouts += 1
            raise exc.TimeoutError(
                f"no connection became free within {self._timeout:g} s; {self.status()}"
            ) from None
        finally:
            self.waits.waiting -= 1
            for observe in self.waits.observers:
                observe(monotonic() - started)
