"""The tables of jobs and of their schedules."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import IntegerPrimaryKey, Timestamps
from tests.platform.recipes.models import Base


class Job(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    """A job that is waiting, running or dead; the row of a job that is done is deleted."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[str] = mapped_column(Text)
    # A dead job has no time, so it is outside the part of the index that workers read.
    run_at: Mapped[datetime | None] = mapped_column(index=True)
    lease_ends_at: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(100), default=None)
    failed_at: Mapped[datetime | None] = mapped_column(default=None)


class Schedule(Base, kw_only=True):
    """The last time for which a periodic job was enqueued."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    slot_at: Mapped[datetime]
