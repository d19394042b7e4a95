"""A lock for migrations that holds on all servers of a database: a row that its holder renews.

No clocks are compared: a waiter measures with its own clock for how long the row does not change.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.util import await_, greenlet_spawn
from structlog import get_logger

from app.core.engine.migration_lock.lock_row import Cluster, LockRow, create_table
from app.core.errors import DatabaseUnavailableError, MigrationLockError

LEASE = 30.0  # seconds without a change of the row until another process takes the lock over
RENEWAL = 5.0
PAUSE = 1.0

logger = get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Errors:
    """The errors of the driver.

    Attributes:
        connecting: exceptions that SQLAlchemy does not wrap when connecting fails.
        is_unavailable: whether the same statement may succeed later.
    """

    connecting: tuple[type[Exception], ...]
    is_unavailable: Callable[[DBAPIError], bool]


@contextmanager
def lease(connection: Connection, cluster: Cluster, errors: Errors) -> Iterator[None]:
    """Hold the lock in this block, for the statements of a connection.

    The lock has connections of its own. No statement begins unless it was renewed lately.

    Raises:
        MigrationLockError: when the lock cannot be had, or is lost.
    """
    server = connection.execute(text(cluster.server)).scalar_one() if cluster.server else None
    held = _Lease(connection, cluster, errors, server)
    held.acquire()
    if cluster.synchronize:  # the changes of the previous holder have to be visible
        connection.exec_driver_sql(cluster.synchronize)
    connection.rollback()
    renewals = asyncio.get_running_loop().create_task(held.keep())
    event.listen(connection, "before_cursor_execute", held.check)
    try:
        yield
        held.renew()  # fails if the lock was lost
    finally:
        event.remove(connection, "before_cursor_execute", held.check)
        while not renewals.done():  # a driver may lose a cancellation
            renewals.cancel()
            await_(asyncio.wait([renewals], timeout=PAUSE))
        with suppress(MigrationLockError):  # others wait for the end of the lease
            held.release()


class _Lease:
    def __init__(
        self, connection: Connection, cluster: Cluster, errors: Errors, server: str | None
    ) -> None:
        self._engine, self._cluster = connection.engine, cluster
        self._is_unavailable = errors.is_unavailable
        caught: tuple[type[Exception], ...] = (DBAPIError, DatabaseUnavailableError)
        self._caught = caught + errors.connecting
        holder = f"{socket.gethostname()} process {os.getpid()} {secrets.token_hex(4)}"
        self._row = LockRow(cluster, holder, server)
        self._renewed = 0.0

    def acquire(self) -> None:
        """Wait for the lock."""
        self._transact(create_table)
        seen: Row[Any] | None = None
        unchanged = 0.0
        while True:
            started = monotonic()
            expired = seen.renewal if seen and unchanged >= LEASE else None
            row = self._transact(partial(self._row.take, expired=expired))
            if row is None:
                self._renewed = started
                return
            if seen is None or row.holder != seen.holder:
                logger.info("migration_lock_awaited", holder=row.holder)
            # A slow read counts as `PAUSE` at most: the holder may wait for the same server.
            is_same = seen is not None and row.renewal == seen.renewal
            unchanged = unchanged + PAUSE + min(monotonic() - started, PAUSE) if is_same else 0.0
            seen = row
            await_(asyncio.sleep(PAUSE))

    def check(self, *_: object) -> None:
        """Before a statement is sent: renew the lock if that was not done lately."""
        if monotonic() - self._renewed > LEASE / 2:
            self.renew()

    async def keep(self) -> None:
        """Renew the lock again and again; `check` reports its loss."""
        while True:
            await asyncio.sleep(RENEWAL)
            with suppress(MigrationLockError):
                await greenlet_spawn(self.renew)

    def renew(self) -> None:
        """Change the row.

        Raises:
            MigrationLockError: when another process has the lock, or the row cannot be changed.
        """
        started = monotonic()
        if not self._transact(self._row.renew):
            self._renewed = 0.0
            raise MigrationLockError(
                "Another process has taken over the migration lock, since this process did not "
                f"renew it for {LEASE:.0f} seconds."
            )
        self._renewed = started

    def release(self) -> None:
        """Free the lock."""
        self._transact(self._row.release)

    def _transact(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction; repeat it after conflicts and lost connections."""
        deadline = monotonic() + LEASE
        while True:
            try:
                with self._engine.connect() as connection:
                    if self._cluster.synchronize:
                        connection.exec_driver_sql(self._cluster.synchronize)
                    result = work(connection)
                    connection.commit()
                    return result
            except self._caught as error:
                if not self._may_pass(error) or monotonic() > deadline:
                    reason = _reason(error)
                    raise MigrationLockError(f"The migration lock failed: {reason}") from error
            await_(asyncio.sleep(PAUSE * secrets.randbelow(100) / 100))

    def _may_pass(self, error: Exception) -> bool:
        if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
            return True
        return error.connection_invalidated or self._is_unavailable(error)


def _reason(error: BaseException) -> str:
    if isinstance(error, DatabaseUnavailableError) and error.__cause__ is not None:
        error = error.__cause__
    return str(getattr(error, "orig", None) or error) or type(error).__name__
