"""One attempt to run a job; it ends by `complete` or by `fail`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, and_, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import session_scope
from app.models.types import utc_now
from tests.platform.recipes.jobs.backoff import MAX_ATTEMPTS, delay_after
from tests.platform.recipes.jobs.models import Job


class LeaseLostError(Exception):
    """The lease ended before the attempt did; another worker may have claimed the job."""


class Attempt:
    """A job that this process has claimed; `job.key` is the same in each attempt."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.is_complete = False

    @asynccontextmanager
    async def complete(self) -> AsyncGenerator[AsyncSession]:
        """Yield a session; its transaction also deletes the job.

        Raises:
            LeaseLostError: when another worker has claimed the job; nothing is stored.
        """
        async with session_scope() as session:
            connection = await session.connection()
            deleted = await connection.execute(delete(Job).where(self._is_mine()))
            if not deleted.rowcount:
                raise LeaseLostError
            yield session
        self.is_complete = True

    async def fail(self, error: Exception) -> bool:
        """Let the job run again later; return whether it is dead instead."""
        is_dead = self.job.attempts >= MAX_ATTEMPTS
        failed = update(Job).values(
            run_at=None if is_dead else utc_now() + delay_after(self.job.attempts),
            lease_ends_at=None,
            error=type(error).__name__[:100],
            failed_at=utc_now() if is_dead else None,
        )
        async with session_scope() as session:
            connection = await session.connection()
            result = await connection.execute(failed.where(self._is_mine()))
        return is_dead and bool(result.rowcount)

    def _is_mine(self) -> ColumnElement[bool]:
        """Match the row unless another worker has claimed it: each claim has another lease."""
        number, lease = self.job.attempts, self.job.lease_ends_at
        return and_(Job.id == self.job.id, Job.attempts == number, Job.lease_ends_at == lease)
