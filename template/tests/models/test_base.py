from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, literal, select
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.types import UTCDateTime, utc_now
from app.product.models import Product


async def test_timestamps_are_utc_with_microseconds(session: AsyncSession) -> None:
    moment = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    statement = insert(Product).values(name="Pencil", price=1, is_active=True, created_at=moment)
    await session.execute(statement)
    (created_at,) = (await session.execute(select(Product.created_at))).one()
    assert created_at == datetime(2026, 1, 2, 10, 0, 0, 123456, tzinfo=UTC)
    assert created_at.utcoffset() == timedelta(0)


async def test_a_naive_datetime_is_refused(session: AsyncSession) -> None:
    naive = utc_now().replace(tzinfo=None)
    statement = insert(Product).values(name="Pencil", price=1, is_active=True, created_at=naive)
    with pytest.raises(StatementError, match="a datetime needs a time zone"):
        await session.execute(statement)


async def test_what_the_database_fills_in_is_readable_after_a_flush(session: AsyncSession) -> None:
    product = Product(name="Pencil", price=1)  # type: ignore[arg-type]
    session.add(product)
    await session.flush()
    created = (product.id, product.created_at, product.updated_at)
    product.name = "Pen"
    await session.flush()
    assert product.updated_at > created[2]
    assert (product.id, product.created_at) == created[:2]
    await session.refresh(product)
    assert product.created_at == created[1]


async def test_an_optional_datetime_may_be_missing(session: AsyncSession) -> None:
    nothing = literal(None, UTCDateTime())
    assert (await session.execute(select(nothing))).scalar_one() is None
