"""A connection pool that serves its callers in order, and none of them late."""

import asyncio
import logging
from typing import Any

from sqlalchemy import exc
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util import await_only

# SQLAlchemy names a pool's logger after its class; its own are quiet without `DATABASE_POOL_ECHO`.
logging.getLogger(__name__).setLevel(logging.WARNING)


class FairQueuePool(AsyncAdaptedQueuePool):
    """SQLAlchemy's queue pool with a first-come-first-served turn before each checkout.

    The pool's own queue lets newcomers overtake those who wait, and wakes nobody when opening a
    connection fails. With one turn a connection, whoever holds a turn never has to wait there.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turns = asyncio.Semaphore(self.size() + max(self._max_overflow, 0))

    def _do_get(self) -> ConnectionPoolEntry:
        await_only(self._take_turn())
        try:
            return super()._do_get()
        except BaseException:
            self._turns.release()
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            self._turns.release()

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._turns.acquire()
        except TimeoutError:
            raise exc.TimeoutError(
                f"no connection became free within {self._timeout:g} s; {self.status()}"
            ) from None
