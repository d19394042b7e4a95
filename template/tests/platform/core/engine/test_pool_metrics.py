import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.engine.pool_metrics import measure_pool
from tests.platform.telemetry_sdk import Metrics, sdk_enabled

EngineFactory = Callable[..., AsyncEngine]


async def test_the_metrics_of_the_pool_go_up_and_down(make_engine: EngineFactory) -> None:
    engine = make_engine(database_pool_timeout=0.5)
    with sdk_enabled():
        metrics = Metrics()
    measure_pool(engine, metrics.meter)
    empty = {"count used": 0, "count idle": 0, "max": 2, "pending_requests": 0, "timeouts": 0}
    assert metrics.values() == empty

    async def ask() -> None:
        async with engine.connect():
            pass

    async with engine.connect(), engine.connect():
        waiting = [asyncio.create_task(ask()) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert metrics.values() == empty | {"count used": 2, "pending_requests": 3}
    await asyncio.gather(*waiting)
    after = empty | {"count idle": 2, "wait_time": 3}
    assert metrics.values() == after

    async with engine.connect(), engine.connect():
        with pytest.raises(PoolTimeoutError):
            await engine.connect()
    after |= {"timeouts": 1, "wait_time": 4}
    assert metrics.values() == after
    await engine.dispose()
    assert metrics.values() == after | {"count idle": 0}


async def test_the_name_of_the_pool_has_no_password(make_engine: EngineFactory) -> None:
    engine = make_engine()
    with sdk_enabled():
        metrics = Metrics()
    measure_pool(engine, metrics.meter)
    (name,) = metrics.pools()
    assert name.endswith(f"/{engine.url.database}".removeprefix("//"))
    assert "@" not in name
