from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.gizmo import Gizmo, GizmoCreate, GizmoRead, GizmoUpdate, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def created(session: AsyncSession) -> Any:
    return await gizmo_crud.create(session, GizmoCreate(name="first", price=Decimal("1.5")))


@pytest.fixture
async def gizmo(session: AsyncSession, created: Any) -> Gizmo:
    return await session.get_one(Gizmo, created.id)


async def test_create_returns_what_is_stored(session: AsyncSession, created: Any) -> None:
    assert created.id > 0
    assert created.price == Decimal("1.50")
    assert created.created_at.utcoffset() is not None
    stored = await gizmo_crud.read(session, created.id)
    assert GizmoRead.model_validate(created) == GizmoRead.model_validate(stored)


async def test_get_finds_by_key(session: AsyncSession, gizmo: Gizmo) -> None:
    assert await gizmo_crud.get(session, gizmo.id) is gizmo
    assert await gizmo_crud.get(session, gizmo.id + 1) is None


async def test_update_changes_only_what_was_sent(session: AsyncSession, gizmo: Gizmo) -> None:
    before = gizmo.updated_at
    await gizmo_crud.update(session, gizmo, GizmoUpdate(note="new"))
    assert (gizmo.name, gizmo.note) == ("first", "new")
    assert gizmo.updated_at > before
    await gizmo_crud.update(session, gizmo, GizmoUpdate(note=None))
    assert gizmo.note is None


async def test_an_empty_update_changes_nothing(session: AsyncSession, gizmo: Gizmo) -> None:
    before = gizmo.updated_at
    await gizmo_crud.update(session, gizmo, GizmoUpdate())
    assert gizmo.updated_at == before


async def test_delete_removes_the_row(session: AsyncSession, gizmo: Gizmo) -> None:
    await gizmo_crud.delete(session, gizmo)
    assert await gizmo_crud.get(session, gizmo.id) is None
