from collections.abc import AsyncIterator
from datetime import date

import pytest
from sqlalchemy import delete

from app.core.database import engine, session_scope
from tests.platform.recipes.models import Invoice
from tests.platform.recipes.reminders import remind


@pytest.fixture(autouse=True)
async def _invoices() -> AsyncIterator[None]:
    """Invoices for tests that commit for real."""
    async with session_scope() as session:
        for day, customer in enumerate(["Ada", "Grace", "Barbara"], start=1):
            due_date = date(2026, 1, day)
            session.add(Invoice(number=f"{day}", customer=customer, due_date=due_date))
    yield
    async with session_scope() as session:
        await session.execute(delete(Invoice))


async def test_each_reminder_is_sent_once_and_holds_no_connection() -> None:
    sent, held = [], []

    async def send(customer: str) -> None:
        sent.append(customer)
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]

    for _ in range(2):
        await remind(send, date(2026, 1, 3))
    assert sorted(sent) == ["Ada", "Grace"]
    assert held == [0, 0]
