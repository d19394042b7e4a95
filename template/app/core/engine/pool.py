"""A connection pool with a FIFO queue and a time limit for waiting."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, time
from typing import Any, cast

from sqlalchemy import Connection, Engine, exc
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util import await_, greenlet_spawn

from app.core.engine import driver
from app.core.engine.idle_connections import IdleConnections
from app.core.engine.request_connections import request_connections
from app.core.errors import DatabaseUnavailableError

# SQLAlchemy names a pool's logger after its class; keep it quiet without `DATABASE_POOL_ECHO`.
logging.getLogger(__name__).setLevel(logging.WARNING)

# Overflow connections are closed this long after the pool was last exhausted.
OVERFLOW_IDLE_SECONDS = 10.0

# The text of SQLAlchemy's error when a connection was closed in the pool, and then a new one too.
CLOSED = "This connection is closed"

# A connection that must be replaced or closed within these seconds is not ready: the checkout reads
# the clock again.
SOON = 1.0


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
    load each burst would open it again, which costs more than a request; here it stays open until
    the pool has not been exhausted for `OVERFLOW_IDLE_SECONDS`.

    A request never waits for its second connection, see `RequestConnections`.
    """

    _pool: IdleConnections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pool = IdleConnections(self.size(), self._pool.use_lifo)
        self.limit = self.size() + max(self._max_overflow, 0)
        self.waits = Waits()
        self._permits = asyncio.Semaphore(self.limit)
        self._last_exhausted = monotonic()
        self._admitted: Callable[[], None] | None = None
        self._held: dict[ConnectionPoolEntry, Callable[[], None]] = {}

    def connect(self) -> PoolProxiedConnection:
        """Check out a connection.

        Raises:
            DatabaseUnavailableError: for `CONNECT_ERRORS` of the driver, which SQLAlchemy does not
                wrap, and when each new connection is closed before it is used.
            SecondConnectionError: in `local`, when the request holds a connection.
            sqlalchemy.exc.TimeoutError: when no connection became free in time.
        """
        try:
            return super().connect()
        except driver.CONNECT_ERRORS as error:
            raise DatabaseUnavailableError from error
        except exc.InvalidRequestError as error:
            if str(error) != CLOSED:
                raise
            raise DatabaseUnavailableError from error

    async def check_out(self, engine: Engine, connect: Callable[[], Connection]) -> Connection:
        """Return what `connect` checks out, without a greenlet if a connection is ready."""
        end = await self._admit()
        if engine.pool is not self:
            # `dispose` has replaced this pool while the caller waited.
            self._give_back(end)
            return await cast(FairQueuePool, engine.pool).check_out(engine, connect)
        # Nothing is awaited between here and `_do_get`.
        self._admitted = end
        try:
            return connect() if self._is_next_ready() else await greenlet_spawn(connect)
        finally:
            # `connect` has not called `_do_get`: it failed, or the session has a connection.
            if self._admitted is not None:
                self._admitted = None
                self._give_back(end)

    def _give_back(self, end: Callable[[], None]) -> None:
        self._permits.release()
        end()

    def _is_next_ready(self) -> bool:
        """Return whether the next checkout sends nothing."""
        entry: Any = self._pool.next()
        return (
            entry is not None
            and not self._closes_surplus(SOON)
            and not entry._is_hard_or_soft_invalidated()
            and not 0 <= self._recycle < time() + SOON - entry.last_connect_time
            and driver.is_ready(entry.driver_connection)
        )

    async def _admit(self) -> Callable[[], None]:
        """Wait for a permit; return the function that ends the hold of the request."""
        request = request_connections.get()
        end = _nothing
        if request is not None and not request.is_over:
            end = request.hold(self, is_exhausted=self._permits.locked)
        try:
            # Without `_wait_for_permit` there is no timer.
            await (self._wait_for_permit() if self._permits.locked() else self._permits.acquire())
        except BaseException:
            end()
            raise
        return end

    def _do_get(self) -> ConnectionPoolEntry:
        end, self._admitted = self._admitted, None
        end = end or await_(self._admit())
        try:
            if self._closes_surplus():
                self._dec_overflow()
                self._pool.pop_oldest().close()
            if not self._pool.qsize():
                self._last_exhausted = monotonic()
            entry = super()._do_get()
        except BaseException:
            self._give_back(end)
            raise
        self._held[entry] = end
        return entry

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self._held.pop(record, _nothing)()
        # Closing one would need a greenlet; the next checkout does it.
        super()._do_return_conn(record)
        self._permits.release()

    def _closes_surplus(self, within: float = 0) -> bool:
        is_surplus = self._pool.qsize() > self.size()
        limit = OVERFLOW_IDLE_SECONDS - within
        return is_surplus and monotonic() - self._last_exhausted >= limit

    def renew(self) -> None:
        """Replace each connection that is open now, when it is used next."""
        self._invalidate_time = time()

    def recreate(self) -> "FairQueuePool":
        """Return a new pool, which goes on with the counts of waits."""
        pool = cast(FairQueuePool, super().recreate())
        pool.waits = self.waits
        return pool

    def idle(self) -> int:
        """Return the number of open connections that are not in use."""
        return self.checkedin()

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


def _nothing() -> None:
    """End no hold: outside of requests none is counted."""
