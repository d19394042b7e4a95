from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import func, insert, literal, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import base
from app.models.types import UTCDateTime, utc_now
from tests.platform.gizmo import Gizmo, GizmoCreate, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")

ROWS = [{"name": "first"}, {"name": "second"}]


async def create(session: AsyncSession) -> None:
    for row in ROWS:
        await gizmo_crud.create(session, GizmoCreate(name=row["name"], price=Decimal(1)))


async def add_entities(session: AsyncSession) -> None:
    session.add_all(Gizmo(name=row["name"]) for row in ROWS)
    await session.flush()


async def insert_many(session: AsyncSession) -> None:
    await session.execute(insert(Gizmo), ROWS)


async def insert_values(session: AsyncSession) -> None:
    await session.execute(insert(Gizmo).values(ROWS))


async def insert_by_another_program(session: AsyncSession) -> None:
    for row in ROWS:
        await session.execute(text("INSERT INTO gizmo (name, cost) VALUES (:name, 1)"), row)


@pytest.mark.parametrize(
    "insert_rows",
    [create, add_entities, insert_many, insert_values, insert_by_another_program],
)
async def test_a_new_row_has_equal_timestamps(
    session: AsyncSession,
    monkeypatch: pytest.MonkeyPatch,
    insert_rows: Callable[[AsyncSession], Awaitable[None]],
) -> None:
    start, seconds = utc_now(), count(1)
    monkeypatch.setattr(base, "utc_now", lambda: start + timedelta(seconds=next(seconds)))
    await insert_rows(session)
    session.expunge_all()
    gizmos = (await session.scalars(select(Gizmo))).all()
    assert [gizmo.created_at for gizmo in gizmos] == [gizmo.updated_at for gizmo in gizmos]
    assert len(gizmos) == len(ROWS)


async def test_a_row_of_another_program_has_times_in_the_format_of_the_service(
    session: AsyncSession,
) -> None:
    await insert_by_another_program(session)
    times = select(Gizmo.created_at).order_by(Gizmo.id)
    first, _ = (await session.scalars(times)).all()
    assert abs(utc_now() - first) < timedelta(minutes=1)
    same = select(func.count()).where(Gizmo.created_at == first, Gizmo.updated_at == first)
    assert await session.scalar(same)


async def test_timestamps_are_utc_with_microseconds(session: AsyncSession) -> None:
    moment = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    statement = insert(Gizmo).values(name="first", created_at=moment)
    await session.execute(statement)
    (created_at,) = (await session.execute(select(Gizmo.created_at))).one()
    assert created_at == datetime(2026, 1, 2, 10, 0, 0, 123456, tzinfo=UTC)
    assert created_at.utcoffset() == timedelta(0)


async def test_a_naive_datetime_is_refused(session: AsyncSession) -> None:
    naive = utc_now().replace(tzinfo=None)
    statement = insert(Gizmo).values(name="first", created_at=naive)
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
    nothing = literal(None, UTCDateTime())
    assert (await session.execute(select(nothing))).scalar_one() is None


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
