"""The criteria of a CRUD class: every statement that reads obeys them."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import session_scope
from app.core.engine.reader import Reader
from app.core.errors import NotFoundError
from tests.platform.core.own_gizmos import add, own_crud, owned_by
from tests.platform.gizmo import GizmoQuery, GizmoRead, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def test_every_read_obeys_the_criteria(session: AsyncSession, reader: Reader) -> None:
    (other,), (own,) = await add(session, "Bob", 1), await add(session, "Ada", 2)
    with owned_by("Ada"):
        for source in (session, reader):
            assert await own_crud.get(source, own.id) == own
            with pytest.raises(NotFoundError):
                await own_crud.get(source, other.id)
            page = await own_crud.list(source, GizmoQuery(total=True))
            assert (page.items, page.total) == ([own], 1)
            page = await own_crud.list(source, GizmoQuery(total=True, name="Bob"))
            assert (page.items, page.total) == ([], 0)
        entities = await own_crud.list_entities(session, GizmoQuery(total=True), GizmoRead)
        rows = await own_crud.list_with(reader, GizmoQuery(total=True), GizmoRead)
        assert (entities.items, entities.total) == (rows.items, rows.total) == ([own], 1)
        assert (await own_crud.get_for_update(session, own.id)).id == own.id
        with pytest.raises(NotFoundError):
            await own_crud.get_for_update(session, other.id)


@pytest.mark.parametrize("sort", ["price", "-price"])
async def test_a_cursor_of_others_shows_own_rows_only(session: AsyncSession, sort: str) -> None:
    await add(session, "Bob", 1, 3, 5)
    own = await add(session, "Ada", 2, 4)
    query = GizmoQuery.model_validate({"sort": sort, "limit": 2})
    cursor = (await gizmo_crud.list(session, query)).next_cursor
    assert cursor
    with owned_by("Ada"):
        page = await own_crud.list(session, query.model_copy(update={"cursor": cursor}))
    assert page.items == [own[1] if sort == "price" else own[0]]


@pytest.mark.usefixtures("committed_gizmos")
async def test_each_task_reads_by_its_own_value() -> None:
    async with session_scope() as session:
        await add(session, "Ada", 1)
        await add(session, "Bob", 1)

    async def names(name: str) -> set[str]:
        with owned_by(name):
            async with session_scope() as session:
                pages = [await own_crud.list(session, GizmoQuery()) for _ in range(3)]
        return {row.name for page in pages for row in page.items}

    read = await asyncio.gather(*(names(name) for name in ["Ada", "Bob"] * 5))
    assert read == [{"Ada"}, {"Bob"}] * 5
