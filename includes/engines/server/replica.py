"""Reads that may show data of a moment ago: from a replica if there is one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Annotated, Any, TypeVarTuple

from fastapi import Depends
from sqlalchemy import CompoundSelect, Select
from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.database import CurrentReader, reader
from app.core.engine.reader import Reader
from app.core.engine.replica_settings import replica_settings
from app.core.replica_checks import checked
from app.core.replicas import Replica, ReplicaFailedError, Turns

Ts = TypeVarTuple("Ts")


class ReplicaReader(Reader):
    """Runs SELECT statements on replicas, and on the primary when no replica is used.

    Args:
        primary: the reader of the primary.
        turns: the replicas.
        statement_timeout: seconds; a statement that has failed after them is not repeated.
    """

    def __init__(self, primary: Reader, turns: Turns, *, statement_timeout: float) -> None:
        self._primary = primary
        self._turns = turns
        self._statement_timeout = statement_timeout

    async def rows(
        self,
        statement: Select[*Ts] | CompoundSelect[*Ts],
        parameters: dict[str, Any] | None = None,
    ) -> list[tuple[*Ts]]:
        """Return the rows as `Reader.rows` does.

        When a replica fails, the next one or the primary runs the statement. Another error of a
        statement, such as a column that the replica does not have yet, is left to the primary.
        """
        start = monotonic()
        for replica in self._turns.next():
            try:
                return await replica.rows(statement, parameters)
            except ReplicaFailedError:
                continue
            except DBAPIError:
                if monotonic() - start >= self._statement_timeout:
                    raise
                break
        return await self._primary.rows(statement, parameters)


replicas = [Replica(settings) for settings in replica_settings(get_settings())]
replica_engines = [replica.engine for replica in replicas]
_turns = Turns(replicas)


async def get_replica_reader(primary: CurrentReader) -> Reader:
    """Dependency: a reader on the replicas; on the primary without `DATABASE_REPLICA_URL`."""
    if not replicas:
        return primary
    timeout = get_settings().database_statement_timeout
    return ReplicaReader(primary, _turns, statement_timeout=timeout)


CurrentReplicaReader = Annotated[Reader, Depends(get_replica_reader)]


async def replica_reader() -> Reader:
    """Return the reader of `CurrentReplicaReader` for code outside of requests."""
    return await get_replica_reader(reader)


@asynccontextmanager
async def replicas_checked() -> AsyncIterator[None]:
    """Check the replicas while the block runs; before and after it, no read uses them."""
    if not replicas:
        yield
        return
    async with checked(replicas, get_settings()):
        yield
