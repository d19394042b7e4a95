import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from structlog.testing import capture_logs

from app.core.database import session_factory, session_scope
from app.models.types import utc_now
from tests.platform.recipes.jobs.attempt import LeaseLostError
from tests.platform.recipes.jobs.backoff import MAX_ATTEMPTS, delay_after
from tests.platform.recipes.jobs.models import Job
from tests.platform.recipes.jobs.queue import claim, enqueue, retry_dead
from tests.platform.recipes.jobs.receipts import Remind

NAMES = ["remind"]


@pytest.fixture(autouse=True)
async def _jobs() -> AsyncIterator[None]:
    """One job that is due, for tests that commit for real."""
    async with session_scope() as session:
        await enqueue(session, Remind(), key="first")
    yield
    async with session_scope() as session:
        await session.execute(delete(Job))


async def jobs() -> Sequence[Job]:
    async with session_scope() as session:
        return (await session.scalars(select(Job))).all()


async def change(**values: object) -> None:
    async with session_scope() as session:
        await session.execute(update(Job).values(values))


async def test_a_rollback_removes_the_job_too() -> None:
    async with session_factory() as session:
        await enqueue(session, Remind())
        await session.rollback()
    assert [job.key for job in await jobs()] == ["first"]


async def test_several_workers_claim_each_job_once() -> None:
    async with session_scope() as session:
        for _ in range(19):
            await enqueue(session, Remind())
        await enqueue(session, Remind(), run_at=utc_now() + timedelta(hours=1))
    claims = await asyncio.gather(*(claim(8, NAMES) for _ in range(4)), claim(8, ["other"]))
    claims.append(await claim(20, NAMES))
    assert claims[4] == []
    claimed = [attempt.job.id for attempts in claims for attempt in attempts]
    assert len(claimed) == len(set(claimed)) == 20


async def test_a_worker_whose_lease_has_ended_changes_nothing() -> None:
    (late,) = await claim(1, NAMES)
    # With the same number of attempts, as after `retry_dead`.
    await change(lease_ends_at=utc_now(), attempts=0)
    (other,) = await claim(1, NAMES)
    with pytest.raises(LeaseLostError):
        async with late.complete():
            pytest.fail("the attempt is not the one that counts")
    late.job.attempts = MAX_ATTEMPTS
    assert not await late.fail(ValueError())
    (job,) = await jobs()
    assert (job.lease_ends_at, job.error) == (other.job.lease_ends_at, None)
    async with other.complete():
        pass
    assert await jobs() == []


async def test_a_failed_job_runs_again_later_and_then_is_dead() -> None:
    (attempt,) = await claim(1, NAMES)
    assert not await attempt.fail(ValueError("a secret"))
    (job,) = await jobs()
    assert job.error == "ValueError"
    assert job.run_at
    assert job.run_at > utc_now()
    await change(run_at=utc_now(), attempts=MAX_ATTEMPTS - 1)
    (attempt,) = await claim(1, NAMES)
    assert await attempt.fail(ValueError())
    assert await claim(1, NAMES) == []
    async with session_scope() as session:
        await retry_dead(session)
    (attempt,) = await claim(1, NAMES)
    assert (attempt.job.attempts, attempt.job.failed_at) == (1, None)


async def test_a_job_that_ends_its_process_each_time_is_dead_too() -> None:
    await change(attempts=MAX_ATTEMPTS)
    with capture_logs() as lines:
        assert await claim(1, NAMES) == []
    assert [line["event"] for line in lines] == ["job_dead"]
    (job,) = await jobs()
    assert (job.run_at, job.error) == (None, "LeaseLostError")
    assert job.failed_at


def test_the_delay_doubles_up_to_an_hour() -> None:
    for attempts, longest in (1, 5), (2, 10), (5, 80), (60, 3600):
        assert longest / 2 <= delay_after(attempts).total_seconds() <= longest
