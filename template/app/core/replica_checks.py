"""Checks of replicas: does each one answer, and how far is it behind the primary?"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from sqlalchemy import Executable, NullPool, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from structlog.contextvars import bind_contextvars

from app.core.config import Settings
from app.core.engine import driver
from app.core.engine.server_state import POSITION
from app.core.engine.tracing import database_attributes
from app.core.replica_positions import Position, Positions, has_reached, lag_of
from app.core.replicas import Replica
from app.models.base import Base

# Seconds between two checks, and for one of them.
INTERVAL = 1.0
TIMEOUT = 2.0


class Probe:
    """A connection for checks, since the pool may be in use up to its last connection."""

    def __init__(self, settings: Settings) -> None:
        self._engine = create_async_engine(
            settings.sqlalchemy_url,
            poolclass=NullPool,
            **driver.engine_options(settings, statement_timeout=TIMEOUT),
        )
        self._connection: AsyncConnection | None = None

    async def ask(self, statement: Executable) -> Sequence[Any]:
        """Return the row of a statement; connect if there is no connection."""
        try:
            async with asyncio.timeout(TIMEOUT):
                if self._connection is None:
                    self._connection = await self._engine.connect()
                async with self._connection.begin():
                    return (await self._connection.execute(statement)).one()
        except BaseException as error:
            if not _is_answer(error):
                await self.close()
            raise

    async def close(self) -> None:
        """Close the connection, without waiting for the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.invalidate()
                await connection.close()


def _is_answer(error: BaseException) -> bool:
    """Return whether the server refuses a statement, because it does not know it."""
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return False
    return not driver.is_unavailable(error)


@asynccontextmanager
async def checked(replicas: Sequence[Replica], settings: Settings) -> AsyncIterator[None]:
    """Check the replicas while the block runs; before and after it, none is used."""
    measure_replicas(replicas, metrics.get_meter(__name__))
    positions = Positions(settings.database_replica_max_lag)
    has_asked = asyncio.Event()
    coroutines = [_watch(replica, positions, has_asked) for replica in replicas]
    coroutines.append(_note_positions(settings, positions, has_asked))
    tasks = {asyncio.create_task(coroutine) for coroutine in coroutines}
    try:
        yield
    finally:
        while tasks:
            for task in tasks:
                task.cancel()
            # `asyncio.wait_for` of Python 3.11, which drivers use, can lose a cancellation.
            _, tasks = await asyncio.wait(tasks, timeout=INTERVAL)
        for replica in replicas:
            replica.is_used = False


async def _note_positions(
    settings: Settings, positions: Positions, has_asked: asyncio.Event
) -> None:
    primary = Probe(settings)
    try:
        while True:
            await note_position(primary, positions)
            has_asked.set()
            await asyncio.sleep(INTERVAL)
    finally:
        await primary.close()


async def note_position(primary: Probe, positions: Positions) -> None:
    """Note the position of the primary, if it can tell."""
    now = monotonic()
    with suppress(Exception):
        (text,) = await primary.ask(POSITION)
        if text:
            positions.note(Position(now, text))
        elif text is None:  # it is not the primary any more
            await primary.close()


async def _watch(replica: Replica, positions: Positions, has_asked: asyncio.Event) -> None:
    bind_contextvars(replica=replica.name)
    # Without a position of the primary the lag would be unknown.
    await has_asked.wait()
    await driver.on_startup(replica.engine, replica.settings, Base.metadata)
    probe = Probe(replica.settings)
    try:
        while True:
            await check(replica, probe, positions)
            await asyncio.sleep(INTERVAL)
    finally:
        await probe.close()


async def check(replica: Replica, probe: Probe, positions: Positions) -> None:
    """Use a replica that answers and is not too far behind, and leave another one.

    A replica that cannot tell its position is used, and its lag is unknown.
    """
    noted = positions.all()
    try:
        reached = await probe.ask(has_reached(noted) if noted else select(literal(None)))
    except Exception as error:
        if _is_answer(error):
            replica.use(None)
        elif isinstance(error, TimeoutError):
            replica.leave("it gave no answer in time")
        else:
            replica.leave(repr(error.__cause__ or error))
        return
    if None in reached:
        replica.use(None)
        return
    lag, accepted = lag_of(noted, reached), replica.settings.database_replica_max_lag
    if lag is None:
        replica.leave(f"it is more than {accepted:g} s behind, or has just started")
    elif lag > accepted:
        replica.leave(f"it is {lag:.1f} s behind", lag=lag)
    else:
        replica.use(lag)


def measure_replicas(replicas: Sequence[Replica], meter: Meter) -> None:
    """Add metrics of the replicas to `meter`; they are read when they are exported."""
    names = {replica: database_attributes(replica.engine.url) for replica in replicas}

    def lag(options: CallbackOptions) -> Iterable[Observation]:
        for replica, attributes in names.items():
            if replica.lag is not None:
                yield Observation(replica.lag, attributes)

    def used(options: CallbackOptions) -> Iterable[Observation]:
        for replica, attributes in names.items():
            yield Observation(int(replica.is_used), attributes)

    meter.create_observable_gauge("database.replica.lag", [lag], "s", "Lag, as far as known.")
    meter.create_observable_gauge("database.replica.used", [used], "1", "1 if reads are sent.")
