import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.engine import pool
from app.core.engine.pool import FairQueuePool

EngineFactory = Callable[..., AsyncEngine]


async def test_waiting_callers_get_connections_in_fifo_order(make_engine: EngineFactory) -> None:
    engine = make_engine(database_max_overflow=0, database_pool_timeout=10)
    served = []

    async def ask(number: int) -> None:
        async with engine.connect() as connection:
            served.append(number)
            await connection.execute(text("SELECT 1"))

    connection = await engine.connect()
    waiting = [asyncio.create_task(ask(number)) for number in range(5)]
    await asyncio.sleep(0.01)
    await connection.close()
    await ask(5)
    await asyncio.gather(*waiting)
    assert served == list(range(6))


async def test_waiting_ends_after_the_pool_timeout(make_engine: EngineFactory) -> None:
    engine = make_engine()
    async with engine.connect(), engine.connect():
        with pytest.raises(exc.TimeoutError, match="no connection became free within"):
            await engine.connect()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_a_cancelled_caller_does_not_block_the_queue(
    make_engine: EngineFactory,
) -> None:
    engine = make_engine(database_pool_timeout=10)
    async with engine.connect():
        async with engine.connect():
            waiting = asyncio.create_task(engine.connect().__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1


async def test_overflow_connections_are_reused_by_the_next_burst(
    make_engine: EngineFactory,
) -> None:
    engine = make_engine()
    bursts = [await _burst(engine) for _ in range(3)]
    assert bursts[0] == bursts[1] == bursts[2]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_overflow_connections_are_closed_after_the_last_burst(
    make_engine: EngineFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(database_max_overflow=2)
    before = await _burst(engine, connections=3)
    monkeypatch.setattr(pool, "OVERFLOW_IDLE_SECONDS", 0)
    for _ in range(2):
        async with engine.connect():
            pass
    after = await _burst(engine, connections=3)
    assert len(before & after) == 1


async def test_dispose_closes_every_connection(make_engine: EngineFactory) -> None:
    engine = make_engine()
    before = await _burst(engine)
    await engine.dispose()
    assert not before & await _burst(engine)


async def test_renewed_connections_are_replaced_when_they_are_used(
    make_engine: EngineFactory,
) -> None:
    engine = make_engine()
    before = await _burst(engine)
    assert before == await _burst(engine)
    cast(FairQueuePool, engine.pool).renew()
    after = await _burst(engine)
    assert not before & after
    assert after == await _burst(engine)


async def test_dispose_keeps_the_limits(make_engine: EngineFactory) -> None:
    engine = make_engine()
    async with engine.connect():
        pass
    await engine.dispose()
    async with engine.connect(), engine.connect():
        with pytest.raises(exc.TimeoutError):
            await engine.connect()


async def _burst(engine: AsyncEngine, connections: int = 2) -> set[Any]:
    """Use several connections at the same time; return the driver's connections."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(engine.connect()) for _ in range(connections)]
        return {(await connection.get_raw_connection()).driver_connection for connection in opened}
