"""A replica: its pool, its state, and the order in which replicas are read."""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any, TypeVarTuple

from sqlalchemy import CompoundSelect, Select
from sqlalchemy.exc import DBAPIError
from structlog import get_logger

from app.core.database import build_engine, build_reader
from app.core.engine.replica_settings import ReplicaSettings
from app.core.errors import DatabaseUnavailableError

Ts = TypeVarTuple("Ts")

logger = get_logger(__name__)


class ReplicaFailedError(Exception):
    """A replica gave no answer; another server may."""


class Replica:
    """One replica. It is used after a check has found it healthy, and until a read fails.

    Attributes:
        settings: the settings of its engine.
        name: its host and port, for the log.
        engine: the engine with its pool.
        is_used: whether reads are sent to it.
        lag: seconds that it is behind the primary, as far as is known.
    """

    def __init__(self, settings: ReplicaSettings) -> None:
        self.settings = settings
        self.name = settings.place
        self.engine = build_engine(settings)
        self.is_used = False
        self.lag: float | None = None
        self._reader = build_reader(self.engine, settings)
        self._running: set[asyncio.Timeout] = set()

    @property
    def running(self) -> int:
        """The number of reads that run."""
        return len(self._running)

    async def rows(
        self, statement: Select[*Ts] | CompoundSelect[*Ts], parameters: dict[str, Any] | None
    ) -> list[tuple[*Ts]]:
        """Return the rows of a statement.

        Raises:
            ReplicaFailedError: when the replica cannot be used, or does not any more.
            sqlalchemy.exc.DBAPIError: when the statement failed there. It may be too slow, too new
                for the tables of the replica, or wrong.
        """
        try:
            async with asyncio.timeout(None) as limit:
                self._running.add(limit)
                try:
                    return await self._reader.rows(statement, parameters)
                finally:
                    self._running.discard(limit)
        except TimeoutError as error:  # the limit, which `leave` has set
            raise ReplicaFailedError from error
        except DatabaseUnavailableError as error:
            self.leave(repr(error.__cause__ or error))
            raise ReplicaFailedError from error
        except DBAPIError as error:
            # Connecting has no statement.
            if not error.connection_invalidated and error.statement is not None:
                raise
            self.leave(repr(error.orig))
            raise ReplicaFailedError from error

    def use(self, lag: float | None) -> None:
        """Send reads to the replica."""
        self.lag = lag
        if not self.is_used:
            self.is_used = True
            logger.info("replica_used", replica=self.name, lag=lag)

    def leave(self, reason: str, *, lag: float | None = None) -> None:
        """Send no more reads to the replica, and end those that run, so that others do them."""
        self.lag = lag
        if self.is_used:
            self.is_used = False
            logger.warning("replica_left", replica=self.name, reason=reason)
        running, self._running = self._running, set()
        for limit in running:
            limit.reschedule(0)


class Turns:
    """The order in which replicas are asked: the least busy one first, else in turn."""

    def __init__(self, replicas: Sequence[Replica]) -> None:
        self._replicas = replicas
        self._number = count()

    def next(self) -> list[Replica]:
        """Return the replicas that are used."""
        used = [replica for replica in self._replicas if replica.is_used]
        first = next(self._number) % (len(used) or 1)
        return sorted(used[first:] + used[:first], key=lambda replica: replica.running)
