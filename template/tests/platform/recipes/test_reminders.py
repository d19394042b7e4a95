import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from unittest.mock import AsyncMock, call

import pytest
from sqlalchemy import delete, update

from app.core.database import engine, session_scope
from app.models.types import utc_now
from tests.platform.recipes.models import Invoice
from tests.platform.recipes.reminders import LEASE, remind

DAY = date(2026, 1, 3)


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
        await remind(send, DAY)
    assert sorted(sent) == ["Ada", "Grace"]
    assert held == [0, 0]


async def test_two_processes_at_once_send_each_reminder_once() -> None:
    sent = []

    async def send(customer: str) -> None:
        sent.append(customer)
        await asyncio.sleep(0)

    await asyncio.gather(*(remind(send, DAY) for _ in range(4)))
    assert sorted(sent) == ["Ada", "Grace"]


async def test_a_reminder_that_was_claimed_and_not_sent_is_sent_after_the_lease() -> None:
    send = AsyncMock(side_effect=[ConnectionError, None, None])
    with pytest.raises(ConnectionError):
        await remind(send, DAY)
    await remind(send, DAY)
    assert send.await_args_list == [call("Ada"), call("Grace")]
    async with session_scope() as session:
        long_ago = utc_now() - LEASE - timedelta(seconds=1)
        await session.execute(update(Invoice).values(reminder_claimed_at=long_ago))
    await remind(send, DAY)
    assert send.await_args_list == [call("Ada"), call("Grace"), call("Ada")]
