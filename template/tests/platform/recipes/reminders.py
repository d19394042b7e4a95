"""Reminders: work outside requests that holds no connection while it waits."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update

from app.core.database import session_scope
from app.models.types import utc_now
from tests.platform.recipes.models import Invoice

# Longer than one call of `send`: afterwards another process may send the same reminder.
LEASE = timedelta(minutes=5)


async def remind(send: Callable[[str], Awaitable[None]], day: date) -> None:
    """Send a reminder of each invoice that was due before `day`; at most 100."""
    for _ in range(100):
        claimed = await claim_overdue(day)
        if claimed is None:
            return
        key, customer = claimed
        await send(customer)
        async with session_scope() as session:
            reminded = update(Invoice).where(Invoice.id == key).values(reminded_at=utc_now())
            await session.execute(reminded)


async def claim_overdue(day: date) -> tuple[UUID, str] | None:
    """Reserve one invoice for this process, and return its key and customer; None: no more."""
    now = utc_now()
    claimed_at = Invoice.reminder_claimed_at
    statement = select(Invoice.id, Invoice.customer).where(
        Invoice.due_date < day,
        Invoice.reminded_at.is_(None),
        or_(claimed_at.is_(None), claimed_at < now - LEASE),
    )
    statement = statement.order_by(Invoice.id).limit(1).with_for_update(skip_locked=True)
    async with session_scope() as session:
        row = (await session.execute(statement)).one_or_none()
        if row is None:
            return None
        claim = update(Invoice).where(Invoice.id == row.id).values(reminder_claimed_at=now)
        await session.execute(claim)
        return row.id, row.customer
