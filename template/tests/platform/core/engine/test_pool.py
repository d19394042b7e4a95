import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from sqlalchemy import Connection, exc, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

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
    engine = make_engine(database_pool_timeout=0.5)
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


@pytest.mark.parametrize("use_lifo", [False, True])
async def test_a_checkout_of_a_reader_replaces_connections_as_any_other(
    make_engine: EngineFactory, monkeypatch: pytest.MonkeyPatch, use_lifo: bool
) -> None:
    engine = make_engine(database_pool_use_lifo=use_lifo, database_max_overflow=2)
    queue = cast(FairQueuePool, engine.pool)
    seen = {await _check_out(engine) for _ in range(3)}
    queue.renew()
    seen |= {await _check_out(engine), await _check_out(engine)}
    monkeypatch.setattr(queue, "_recycle", 0)
    seen |= {await _check_out(engine)}
    assert len(seen) == 3
    monkeypatch.undo()
    await _burst(engine, connections=3)
    monkeypatch.setattr(pool, "OVERFLOW_IDLE_SECONDS", 0)
    for _ in range(3):
        await _check_out(engine)
    assert queue.idle() == 1


async def test_a_checkout_of_a_reader_is_not_surprised_by_the_time(
    make_engine: EngineFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(database_max_overflow=2)
    queue = cast(FairQueuePool, engine.pool)
    await _check_out(engine)
    assert queue._is_next_ready()
    with monkeypatch.context() as patch:
        patch.setattr(queue, "_recycle", pool.SOON / 2)
        assert not queue._is_next_ready()
    await _burst(engine, connections=3)
    assert queue._is_next_ready()
    monkeypatch.setattr(pool, "OVERFLOW_IDLE_SECONDS", pool.SOON / 2)
    assert not queue._is_next_ready()


async def test_a_reader_that_waits_gets_a_connection_of_the_new_pool(
    make_engine: EngineFactory,
) -> None:
    engine = make_engine(database_max_overflow=0, database_pool_timeout=10)
    disposed = engine.pool
    async with engine.connect():
        waiting = [asyncio.create_task(_check_out(engine)) for _ in range(3)]
        await asyncio.sleep(0.01)
        await engine.dispose()
    await asyncio.gather(*waiting)
    await greenlet_spawn(disposed.dispose)


async def test_a_checkout_that_uses_another_connection_loses_no_permit(
    make_engine: EngineFactory,
) -> None:
    engine = make_engine(database_pool_size=2, database_max_overflow=0)
    pool = cast(FairQueuePool, engine.pool)
    async with engine.connect() as held:
        connection = held.sync_connection
        assert connection
        for _ in range(3):
            assert await pool.check_out(engine.sync_engine, lambda: connection) is connection
    async with engine.connect(), engine.connect():
        pass


async def test_a_checkout_that_fails_loses_no_permit(make_engine: EngineFactory) -> None:
    engine = make_engine(database_pool_size=1, database_max_overflow=0)

    def fail_in_use() -> Connection:
        with engine.sync_engine.connect():
            raise LookupError

    def fail() -> Connection:
        raise LookupError

    for connect in (fail_in_use, fail):
        with pytest.raises(LookupError):
            await cast(FairQueuePool, engine.pool).check_out(engine.sync_engine, connect)
        await _check_out(engine)


async def _check_out(engine: AsyncEngine) -> Any:
    queue = cast(FairQueuePool, engine.pool)
    connection = await queue.check_out(engine.sync_engine, engine.sync_engine.connect)
    driver_connection = connection.connection.driver_connection
    await greenlet_spawn(connection.close)
    return driver_connection


async def test_dispose_keeps_the_limits(make_engine: EngineFactory) -> None:
    engine = make_engine(database_pool_timeout=0.5)
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
