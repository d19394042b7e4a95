"""A script that deletes many rows, with one transaction for each batch."""

from datetime import date

from sqlalchemy import delete, select

from app.core.database import session_scope
from tests.platform.recipes.models import Invoice


async def delete_invoices(before: date, *, size: int = 500) -> int:
    """Delete the invoices that were due before a day, and return their number.

    Each batch of `size` rows is one transaction. If the script is stopped, the batches before are
    deleted; the next run deletes the rest.
    """
    old = select(Invoice.id).where(Invoice.due_date < before).order_by(Invoice.id).limit(size)
    deleted = 0
    while True:
        async with session_scope() as session:
            keys = (await session.scalars(old)).all()
            await session.execute(delete(Invoice).where(Invoice.id.in_(keys)))
        deleted += len(keys)
        if len(keys) < size:
            return deleted
