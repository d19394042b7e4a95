"""The queue of jobs: enqueue in a request, claim in a worker."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog import get_logger

from app.core.database import session_scope
from app.models.types import utc_now, uuid7
from tests.platform.recipes.jobs.attempt import Attempt, LeaseLostError
from tests.platform.recipes.jobs.backoff import MAX_ATTEMPTS
from tests.platform.recipes.jobs.models import Job

logger = get_logger(__name__)

# A handler is cancelled after this time.
TIME_LIMIT = timedelta(seconds=60)
# Then another worker may claim the job; longer, for slow commits and for unequal clocks.
LEASE = TIME_LIMIT + timedelta(seconds=30)


class Payload(BaseModel):
    """The values of a job. Each kind of job is a subclass with a `job_name` of its own."""

    job_name: ClassVar[str]


async def enqueue(
    session: AsyncSession, payload: Payload, *, key: str = "", run_at: datetime | None = None
) -> None:
    """Add a job to the transaction of `session`; a rollback removes it too.

    Args:
        session: the session that writes the rows of the request.
        payload: the values for the handler.
        key: unique among the stored jobs; default: a new UUID.
        run_at: the earliest time of the first attempt; default: now.
    """
    values, key = payload.model_dump_json(), key or str(uuid7())
    session.add(Job(name=payload.job_name, key=key, payload=values, run_at=run_at or utc_now()))
    await session.flush()


async def claim(limit: int, names: Collection[str]) -> list[Attempt]:
    """Reserve due jobs with these names for this process, until `LEASE` ends; at most `limit`."""
    now = utc_now()
    is_free = or_(Job.lease_ends_at.is_(None), Job.lease_ends_at <= now)
    due = select(Job).where(Job.run_at <= now, is_free, Job.name.in_([*names]))
    due = due.order_by(Job.run_at).limit(limit).with_for_update(skip_locked=True)
    async with session_scope() as session:
        jobs = (await session.scalars(due)).all()
        for job in jobs:
            job.attempts += 1
            job.lease_ends_at = now + LEASE
            if job.attempts > MAX_ATTEMPTS:  # the process of the last attempt was killed
                job.run_at, job.failed_at, job.error = None, now, LeaseLostError.__name__
    for job in jobs:
        if job.failed_at:
            logger.error("job_dead", job=job.name, job_id=job.id)
    return [Attempt(job) for job in jobs if job.failed_at is None]


async def retry_dead(session: AsyncSession) -> None:
    """Let the dead jobs run again, with new attempts."""
    again = update(Job).values(run_at=utc_now(), lease_ends_at=None, attempts=0, failed_at=None)
    await session.execute(again.where(Job.failed_at.is_not(None)))
