"""Rows for the tests of the lines of invoices."""

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from tests.platform.recipes.invoice_lines import LineCreate
from tests.platform.recipes.models import Invoice


async def add_invoices(session: AsyncSession, *customers: str) -> list[Invoice]:
    """Insert an invoice for each customer."""
    due = date(2026, 1, 31)
    invoices = [Invoice(number=name, customer=name, due_date=due) for name in customers]
    session.add_all(invoices)
    await session.flush()
    return invoices


def pencil(invoice: Invoice) -> LineCreate:
    """Return the values of a line of an invoice."""
    return LineCreate(invoice_id=invoice.id, article="Pencil", amount=Decimal(1))
