"""Reminders: work outside requests that holds no connection while it waits."""

from collections.abc import Awaitable, Callable
from datetime import date

from sqlalchemy import select

from app.core.database import read_session_factory, session_scope
from app.models.types import utc_now
from tests.platform.recipes.models import Invoice


async def remind(send: Callable[[str], Awaitable[None]], day: date) -> None:
    """Send a reminder of each invoice that was due before `day`; 100 at a time."""
    statement = select(Invoice.id, Invoice.customer).where(
        Invoice.due_date < day, Invoice.reminded_at.is_(None)
    )
    async with read_session_factory() as session:
        overdue = (await session.execute(statement.order_by(Invoice.id).limit(100))).all()
    for key, customer in overdue:
        await send(customer)
        async with session_scope() as session:
            invoice = await session.get(Invoice, key, with_for_update=True)
            if invoice is not None:
                invoice.reminded_at = utc_now()
