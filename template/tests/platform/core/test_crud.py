from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFoundError
from tests.platform.gizmo import Gizmo, GizmoCreate, GizmoRead, GizmoUpdate, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def created(session: AsyncSession) -> GizmoRead:
    return await gizmo_crud.create(session, GizmoCreate(name="first", price=Decimal("1.5")))


@pytest.fixture
async def gizmo(session: AsyncSession, created: GizmoRead) -> Gizmo:
    return await session.get_one(Gizmo, created.id)


async def test_create_returns_the_stored_row(session: AsyncSession, created: GizmoRead) -> None:
    assert created.id > 0
    assert created.price == Decimal("1.50")
    assert created.created_at.utcoffset() is not None
    assert await gizmo_crud.get(session, created.id) == created


async def test_get_for_update_returns_the_entity(session: AsyncSession, gizmo: Gizmo) -> None:
    assert await gizmo_crud.get_for_update(session, gizmo.id) is gizmo


async def test_a_missing_row_is_an_error_with_its_key(session: AsyncSession) -> None:
    for get in (gizmo_crud.get, gizmo_crud.get_for_update):
        with pytest.raises(NotFoundError, match=r"^There is no gizmo 7\.$"):
            await get(session, 7)


async def test_update_changes_only_the_sent_fields(session: AsyncSession, gizmo: Gizmo) -> None:
    before = gizmo.updated_at
    updated = await gizmo_crud.update(session, gizmo, GizmoUpdate(note="new"))
    assert (updated.name, updated.note) == ("first", "new")
    assert updated.updated_at > before
    assert (await gizmo_crud.update(session, gizmo, GizmoUpdate(note=None))).note is None


async def test_an_empty_update_changes_nothing(session: AsyncSession, gizmo: Gizmo) -> None:
    before = gizmo.updated_at
    assert (await gizmo_crud.update(session, gizmo, GizmoUpdate())).updated_at == before


async def test_delete_removes_the_row(session: AsyncSession, gizmo: Gizmo) -> None:
    await gizmo_crud.delete(session, gizmo)
    with pytest.raises(NotFoundError):
        await gizmo_crud.get(session, gizmo.id)
