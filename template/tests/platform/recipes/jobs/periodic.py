"""Periodic jobs: each time is enqueued once, however many workers there are."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.database import reader, session_scope
from tests.platform.recipes.jobs.models import Schedule
from tests.platform.recipes.jobs.queue import Payload, enqueue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Periodic:
    """A job at regular times in UTC, for example every day, with an offset of three hours.

    If no worker runs at some of the times, the job is enqueued once for the last of them.
    """

    payload: Payload
    every: timedelta
    offset: timedelta = timedelta()

    def last_slot(self, now: datetime) -> datetime:
        """Return the last time at or before `now`."""
        return now - (now - EPOCH - self.offset) % self.every


async def enqueue_periodic(jobs: list[Periodic], now: datetime) -> None:
    """Enqueue each job whose last time is after the stored one; a new job waits for its next time.

    The job and the stored time are one transaction. It locks the row of the schedule, so other
    workers find the new time and enqueue nothing.
    """
    stored = dict(await reader.rows(select(Schedule.name, Schedule.slot_at))) if jobs else {}
    for job in jobs:
        name, slot = job.payload.job_name, job.last_slot(now)
        if name not in stored:
            with suppress(IntegrityError):  # another worker has added it
                async with session_scope() as session:
                    session.add(Schedule(name=name, slot_at=slot))
        elif stored[name] < slot:
            async with session_scope() as session:
                schedule = await session.get_one(Schedule, name, with_for_update=True)
                if schedule.slot_at < slot:
                    schedule.slot_at = slot
                    await enqueue(session, job.payload, key=f"{name} {slot.isoformat()}")
