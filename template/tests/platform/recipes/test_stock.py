import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from app.core.database import session_factory, session_scope
from app.core.errors import ConflictError
from tests.platform.recipes import stock
from tests.platform.recipes.models import Stock

WRITERS = int(os.environ.get("WRITERS", "30"))


async def quantities(session: AsyncSession) -> dict[str, tuple[int, int]]:
    rows = await session.execute(select(Stock.article, Stock.quantity, Stock.version))
    return {article: (quantity, version) for article, quantity, version in rows}


@pytest.fixture
async def _pencils() -> AsyncIterator[None]:
    """An article in stock, for tests that commit for real."""
    async with session_scope() as session:
        session.add(Stock(article="Pencil"))
    yield
    async with session_scope() as session:
        await session.execute(delete(Stock))


@pytest.mark.usefixtures("connection")
async def test_a_transaction_changes_all_or_nothing() -> None:
    async with session_scope() as session:
        rows = [{"article": "Pencil", "quantity": 5}, {"article": "Pen", "quantity": 0}]
        await stock.add_articles(session, rows)
    async with session_scope() as session:
        await stock.transfer(session, "Pencil", "Pen", 2)
    with pytest.raises(ConflictError, match="There are only 1 of Pencil"):
        await transfer_twice(2)
    async with session_scope() as session:
        assert await quantities(session) == {"Pencil": (3, 2), "Pen": (2, 2)}


async def transfer_twice(quantity: int) -> None:
    async with session_scope() as session:
        await stock.transfer(session, "Pencil", "Pen", quantity)
        await stock.transfer(session, "Pencil", "Pen", quantity)


async def test_many_rows_are_added_at_once(session: AsyncSession) -> None:
    rows = [{"article": f"{number}", "quantity": number} for number in range(1000)]
    await stock.add_articles(session, rows)
    found = (await session.scalars(select(Stock))).all()
    assert sum(row.quantity for row in found) == sum(range(1000))
    assert all(row.created_at == row.updated_at and row.version == 1 for row in found)


async def test_a_row_of_another_program_has_the_first_version(session: AsyncSession) -> None:
    await session.execute(text("INSERT INTO stock (article, quantity) VALUES ('Pen', 7)"))
    assert await quantities(session) == {"Pen": (7, 1)}


async def test_what_is_there_is_changed_and_the_rest_is_added(session: AsyncSession) -> None:
    await stock.count_stock(session, [{"article": "Pencil", "quantity": 1}])
    assert await session.scalar(select(Stock.created_at == Stock.updated_at))
    rows = [{"article": "Pencil", "quantity": 5}, {"article": "Pen", "quantity": 7}]
    await stock.count_stock(session, rows)
    assert await quantities(session) == {"Pencil": (5, 2), "Pen": (7, 1)}


@pytest.mark.usefixtures("_pencils")
async def test_no_update_is_lost_among_many_writers() -> None:
    async with asyncio.TaskGroup() as writers:
        for _ in range(WRITERS):
            writers.create_task(stock.add_to_stock("Pencil", 1, attempts=WRITERS))
    async with session_factory() as session:
        assert await quantities(session) == {"Pencil": (WRITERS, WRITERS + 1)}


@pytest.mark.usefixtures("_pencils")
async def test_a_change_that_comes_too_late_is_refused() -> None:
    async with session_factory() as session, session_factory() as other:
        (mine,) = (await session.scalars(select(Stock))).all()
        await session.commit()
        (theirs,) = (await other.scalars(select(Stock))).all()
        theirs.quantity = 1
        await other.commit()
        mine.quantity = 2
        with pytest.raises(StaleDataError):
            await session.commit()
