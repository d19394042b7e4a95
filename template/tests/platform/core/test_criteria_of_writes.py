"""An entity can come from elsewhere, such as a relationship: it is written within the criteria."""

import pytest
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.engine.reader import Reader
from app.core.errors import NotFoundError
from tests.platform.core.own_gizmos import add, own_crud, owned_by
from tests.platform.gizmo import Gizmo, GizmoQuery, GizmoUpdate, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def test_an_entity_outside_of_the_criteria_is_not_written(session: AsyncSession) -> None:
    (row,) = await add(session, "Bob", 1)
    other = await session.get_one(Gizmo, row.id)
    with owned_by("Ada"):
        with pytest.raises(NotFoundError, match=rf"^There is no gizmo {row.id}\.$"):
            await own_crud.update(session, other, GizmoUpdate(name="Ada"))
        with pytest.raises(NotFoundError, match=rf"^There is no gizmo {row.id}\.$"):
            await own_crud.delete(session, other)
    await session.flush()
    assert await gizmo_crud.get(session, row.id) == row


async def test_an_entity_within_the_criteria_is_written(session: AsyncSession) -> None:
    (row,) = await add(session, "Ada", 1)
    with owned_by("Ada"):
        own = await own_crud.get_for_update(session, row.id)
        assert (await own_crud.update(session, own, GizmoUpdate(note="new"))).note == "new"
        await own_crud.delete(session, own)
    with pytest.raises(NotFoundError):
        await gizmo_crud.get(session, row.id)


async def test_without_a_value_every_statement_is_an_error(
    session: AsyncSession, reader: Reader
) -> None:
    (row,) = await add(session, "Bob", 1)
    entity = await session.get_one(Gizmo, row.id)
    for statement in (
        own_crud.get(session, row.id),
        own_crud.get(reader, row.id),
        own_crud.get_for_update(session, row.id),
        own_crud.list(session, GizmoQuery()),
        own_crud.list(reader, GizmoQuery(total=True)),
        own_crud.update(session, entity, GizmoUpdate(note="new")),
        own_crud.delete(session, entity),
    ):
        with pytest.raises(StatementError, match="LookupError"):
            await statement
