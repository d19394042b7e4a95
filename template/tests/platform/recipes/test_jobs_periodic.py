import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from app.core.database import reader, session_scope
from tests.platform.recipes.jobs.models import Job, Schedule
from tests.platform.recipes.jobs.periodic import Periodic, enqueue_periodic
from tests.platform.recipes.jobs.receipts import Remind

NIGHTLY = Periodic(Remind(), every=timedelta(days=1), offset=timedelta(hours=3))
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def _nothing_stays() -> AsyncIterator[None]:
    yield
    async with session_scope() as session:
        for table in Job, Schedule:
            await session.execute(delete(table))


async def keys(now: datetime) -> list[str]:
    """Return the keys of all jobs, after five workers have enqueued at once."""
    await asyncio.gather(*(enqueue_periodic([NIGHTLY], now) for _ in range(5)))
    return [key for (key,) in await reader.rows(select(Job.key).order_by(Job.id))]


async def test_each_time_is_enqueued_once_by_several_workers() -> None:
    assert await keys(NOON) == []
    assert await keys(NOON + timedelta(hours=14)) == []
    first = "remind 2026-01-02T03:00:00+00:00"
    assert await keys(NOON + timedelta(hours=15)) == [first]
    assert await keys(NOON + timedelta(hours=15, minutes=1)) == [first]
    # Nobody worked for two days.
    assert await keys(NOON + timedelta(days=3)) == [first, "remind 2026-01-04T03:00:00+00:00"]


def test_the_last_time_of_an_interval() -> None:
    quarterly = Periodic(Remind(), every=timedelta(minutes=15))
    assert quarterly.last_slot(NOON - timedelta(seconds=1)) == NOON - timedelta(minutes=15)
    assert quarterly.last_slot(NOON) == NOON
