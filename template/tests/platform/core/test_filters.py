from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.platform.gizmo import GizmoCreate, GizmoQuery, gizmo_crud

NAMES = ["100%", "1000", "a_b", "axb", "a/b", "a\\b", "a*b", "a?b", "[ab]", "ab", "Ab", "äb", "Äb"]
TEXTS = ["100%", "a_", "a/", "a\\", "a*", "a?", "[", "[a", "a", "A", "ä", "b", "%"]

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def gizmos(session: AsyncSession) -> None:
    """A gizmo of each name; every second one has a note."""
    for number, name in enumerate(NAMES):
        note = "note" if number % 2 else None
        values = GizmoCreate(name=name, note=note, price=Decimal(number) / 2)
        await gizmo_crud.create(session, values)
    await session.commit()


async def found(session: AsyncSession, **sent: Any) -> list[str]:
    page = await gizmo_crud.list(session, GizmoQuery.model_validate(sent))
    return [gizmo.name for gizmo in page.items]


@pytest.mark.usefixtures("gizmos")
@pytest.mark.parametrize(
    "text", ["100%", "a_", "a/", "a\\", "a*", "a?", "[", "[a", "a", "A", "ä", "b", "%"]
)
async def test_no_character_of_a_searched_text_is_a_wildcard(
    session: AsyncSession, text: str
) -> None:
    starts, holds = await found(session, name_prefix=text), await found(session, name_contains=text)
    assert starts == [name for name in NAMES if name.startswith(text)]
    assert holds == [name for name in NAMES if text in name]


@pytest.mark.usefixtures("gizmos")
async def test_a_search_can_ignore_the_case(session: AsyncSession) -> None:
    assert await found(session, name_like="AB") == ["[ab]", "ab", "Ab"]
    assert await found(session, name_like="0%") == ["100%"]


@pytest.mark.usefixtures("gizmos")
async def test_ranges_lists_and_nulls(session: AsyncSession) -> None:
    assert await found(session, price_min="1", price_below="2") == NAMES[2:4]
    assert await found(session, price_min="6") == NAMES[12:]
    assert await found(session, names=["ab", "Äb", "none"]) == ["ab", "Äb"]
    assert await found(session, note_is_null=True) == NAMES[::2]
    assert await found(session, note_is_null=False) == NAMES[1::2]
    assert await found(session, note_is_null=False, names=["axb", "ab", "100%"]) == ["axb", "ab"]


@pytest.mark.usefixtures("gizmos")
@pytest.mark.parametrize("sort", ["id", "-id", "price", "-price", "name", "-created_at"])
async def test_cursors_and_totals_obey_the_filters(session: AsyncSession, sort: str) -> None:
    filters = {"price_min": "1", "note_is_null": True, "name_contains": "b", "sort": sort}
    whole = await found(session, **filters)
    assert set(whole) == {"a_b", "a/b", "a*b", "[ab]", "Ab", "Äb"}
    query, seen = GizmoQuery.model_validate(filters | {"limit": 2, "total": True}), []
    while True:
        page = await gizmo_crud.list(session, query)
        seen += [gizmo.name for gizmo in page.items]
        assert page.total == 6
        if page.next_cursor is None:
            break
        query = query.model_copy(update={"cursor": page.next_cursor})
    assert seen == whole
