from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import base
from app.models.types import utc_now
from tests.platform.gizmo import Gizmo, GizmoCreate, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")

ROWS = [{"name": "first"}, {"name": "second"}]


async def create(session: AsyncSession) -> None:
    for row in ROWS:
        await gizmo_crud.create(session, GizmoCreate(name=row["name"], price=Decimal(1)))


async def add(session: AsyncSession) -> None:
    session.add_all(Gizmo(name=row["name"]) for row in ROWS)
    await session.flush()


async def insert_many(session: AsyncSession) -> None:
    await session.execute(insert(Gizmo), ROWS)


async def insert_values(session: AsyncSession) -> None:
    await session.execute(insert(Gizmo).values(ROWS))


async def insert_raw(session: AsyncSession) -> None:
    for row in ROWS:
        await session.execute(text("INSERT INTO gizmo (name, cost) VALUES (:name, 1)"), row)


@pytest.mark.parametrize("insert_rows", [create, add, insert_many, insert_values, insert_raw])
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
    assert [gizmo.created_at == gizmo.updated_at for gizmo in gizmos] == [True, True]


async def test_a_row_of_another_program_has_times_in_the_format_of_the_service(
    session: AsyncSession,
) -> None:
    await insert_raw(session)
    times = select(Gizmo.created_at).order_by(Gizmo.id)
    first, _ = (await session.scalars(times)).all()
    assert abs(utc_now() - first) < timedelta(minutes=1)
    same = select(func.count()).where(Gizmo.created_at == first, Gizmo.updated_at == first)
    assert await session.scalar(same)
