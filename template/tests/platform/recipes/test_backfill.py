from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.platform.recipes.backfill import backfill
from tests.platform.recipes.models import Stock

CHANGE = update(Stock).where(Stock.quantity == 0).values(quantity=7, updated_at=Stock.updated_at)


async def test_a_backfill_changes_each_row_once_in_short_transactions(
    session: AsyncSession,
) -> None:
    session.add_all([Stock(article=f"a{number}") for number in range(25)])
    session.add_all([Stock(article=f"b{number}", quantity=2) for number in range(5)])
    await session.commit()
    before = (await session.scalars(select(Stock.updated_at).order_by(Stock.id))).all()
    assert await backfill(Stock.id, CHANGE, batch=10, pause=0) == 25
    assert await backfill(Stock.id, CHANGE, batch=10, pause=0) == 0
    total = select(func.sum(Stock.quantity))
    assert (await session.scalars(total)).one() == 25 * 7 + 5 * 2
    after = (await session.scalars(select(Stock.updated_at).order_by(Stock.id))).all()
    assert after == before
