from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import session_scope
from tests.platform.recipes import batches
from tests.platform.recipes.batches import delete_invoices
from tests.platform.recipes.models import Invoice

DAY = date(2026, 1, 31)
COUNT = select(func.count()).select_from(Invoice)


@pytest.fixture(autouse=True)
async def _invoices(session: AsyncSession) -> None:
    """Five invoices that were due before the day, and one on it."""
    days = [DAY - timedelta(days=number) for number in range(6)]
    session.add_all(Invoice(number=f"{day}", customer="Ada", due_date=day) for day in days)
    await session.commit()


@pytest.mark.parametrize("size", [1, 2, 5, 500])
async def test_every_old_invoice_is_deleted(session: AsyncSession, size: int) -> None:
    assert await delete_invoices(DAY, size=size) == 5
    assert (await session.scalars(select(Invoice.due_date))).all() == [DAY]


async def test_a_script_that_is_stopped_keeps_its_batches_and_continues(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = []

    @asynccontextmanager
    async def stopped_in_the_second_batch() -> AsyncIterator[AsyncSession]:
        async with session_scope() as session:
            yield session
            scopes.append(session)
            if len(scopes) == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(batches, "session_scope", stopped_in_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        await delete_invoices(DAY, size=2)
    assert await session.scalar(COUNT) == 4
    assert await delete_invoices(DAY, size=2) == 3
