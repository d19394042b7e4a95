from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, literal, select
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.types import UTCDateTime, utc_now
from tests.platform.gizmo import Gizmo

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def test_timestamps_are_utc_with_microseconds(session: AsyncSession) -> None:
    moment = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    await session.execute(insert(Gizmo).values(name="first", created_at=moment))
    (created_at,) = (await session.execute(select(Gizmo.created_at))).one()
    assert created_at == datetime(2026, 1, 2, 10, 0, 0, 123456, tzinfo=UTC)
    assert created_at.utcoffset() == timedelta(0)


async def test_a_naive_datetime_is_refused(session: AsyncSession) -> None:
    statement = insert(Gizmo).values(name="first", created_at=utc_now().replace(tzinfo=None))
    with pytest.raises(StatementError, match="a datetime needs a time zone"):
        await session.execute(statement)


async def test_generated_values_are_readable_after_a_flush(session: AsyncSession) -> None:
    gizmo = Gizmo(name="first")
    session.add(gizmo)
    await session.flush()
    created = (gizmo.id, gizmo.created_at, gizmo.updated_at)
    gizmo.name = "second"
    await session.flush()
    assert gizmo.updated_at > created[2]
    assert (gizmo.id, gizmo.created_at) == created[:2]
    await session.refresh(gizmo)
    assert gizmo.created_at == created[1]


async def test_an_optional_datetime_may_be_null(session: AsyncSession) -> None:
    assert await session.scalar(select(literal(None, UTCDateTime()))) is None


async def test_decimals_are_exact(session: AsyncSession) -> None:
    largest = Decimal("99999999.99")
    session.add_all(Gizmo(name="small", price=Decimal("0.10")) for _ in range(100))
    session.add(Gizmo(name="large", price=largest))
    await session.flush()
    session.expunge_all()
    sums = select(func.sum(Gizmo.price)).group_by(Gizmo.name).order_by(Gizmo.name)
    assert (await session.scalars(sums)).all() == [largest, Decimal(10)]
    dearer = select(Gizmo.price).where(Gizmo.price > Decimal("99999999.98"))
    assert (await session.execute(dearer)).scalar_one() == largest


async def test_text_comparison_is_exact(session: AsyncSession) -> None:
    names = {"resume", "Resume", "résumé"}
    session.add_all(Gizmo(name=name) for name in names)
    await session.flush()
    for name in names:
        found = await session.execute(select(Gizmo.name).where(Gizmo.name == name))
        assert found.scalars().all() == [name]
