import base64
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import InvalidCursorError
from tests.platform.gizmo import GIZMOS, Gizmo, GizmoCreate, GizmoQuery, GizmoRead, gizmo_crud

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def add(session: AsyncSession, *prices: str, name: str = "gizmo") -> list[GizmoRead]:
    return [
        await gizmo_crud.create(session, GizmoCreate(name=name, price=Decimal(price)))
        for price in prices
    ]


async def test_rows_with_equal_values_are_sorted_by_key(session: AsyncSession) -> None:
    ids = [gizmo.id for gizmo in await add(session, "2", "1", "2", "1")]
    page = await gizmo_crud.list(session, GizmoQuery(sort="price"))
    assert [row.id for row in page.items] == [ids[1], ids[3], ids[0], ids[2]]
    page = await gizmo_crud.list(session, GizmoQuery(sort="-price"))
    assert [row.id for row in page.items] == [ids[2], ids[0], ids[3], ids[1]]


@pytest.mark.parametrize("sort", ["id", "-id", "price", "-price", "name", "-created_at"])
async def test_cursors_visit_every_row_once(session: AsyncSession, sort: str) -> None:
    await add(session, "3", "1", "2", "1", "2", "3", "1")
    query = GizmoQuery.model_validate({"sort": sort, "limit": 2})
    whole = await gizmo_crud.list(session, query.model_copy(update={"limit": 100}))
    seen = []
    while True:
        page = await gizmo_crud.list(session, query)
        seen += [row.id for row in page.items]
        if page.next_cursor is None:
            break
        query = query.model_copy(update={"cursor": page.next_cursor})
    assert seen == [row.id for row in whole.items]
    assert len(seen) == 7


async def test_a_cursor_stays_valid_after_inserts_and_deletes(session: AsyncSession) -> None:
    gizmos = await add(session, "1", "2", "3", "4")
    first = await gizmo_crud.list(session, GizmoQuery(sort="price", limit=2))
    await gizmo_crud.delete(session, await session.get_one(Gizmo, gizmos[1].id))
    await add(session, "0.5")
    query = GizmoQuery(sort="price", limit=2, cursor=first.next_cursor)
    second = await gizmo_crud.list(session, query)
    assert [row.price for row in second.items] == [Decimal(3), Decimal(4)]


@pytest.mark.parametrize(
    "content",
    [
        "x",
        "[]",
        '["created_at", "never", 1]',
        '["created_at", "2026-01-01T00:00:00", 1]',
        '["created_at", "0001-01-01T00:00:00+14:00", 1]',
        '["created_at", "2026-01-01T00:00:00Z", "x"]',
        '["created_at", "\\ud800", 1]',
    ],
)
async def test_an_invalid_cursor_is_refused(session: AsyncSession, content: str) -> None:
    cursor = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
    with pytest.raises(InvalidCursorError):
        await gizmo_crud.list(session, GizmoQuery(sort="created_at", cursor=cursor))


@pytest.mark.parametrize(
    ("sort", "value"),
    [("price", '"1e99999999"'), ("price", '"NaN"'), ("name", '"\\ud800"'), ("id", '"x"')],
)
async def test_a_cursor_with_a_value_out_of_range_is_refused(
    session: AsyncSession, sort: str, value: str
) -> None:
    cursor = base64.urlsafe_b64encode(f'["{sort}", {value}, 1]'.encode()).decode().rstrip("=")
    query = GizmoQuery.model_validate({"sort": sort, "cursor": cursor})
    with pytest.raises(InvalidCursorError):
        await gizmo_crud.list(session, query)


async def test_a_cursor_of_another_order_is_refused(session: AsyncSession) -> None:
    await add(session, "1", "2")
    page = await gizmo_crud.list(session, GizmoQuery(limit=1))
    with pytest.raises(InvalidCursorError):
        await gizmo_crud.list(session, GizmoQuery(sort="name", cursor=page.next_cursor))


async def test_a_list_is_filtered_and_counted_on_request(session: AsyncSession) -> None:
    await add(session, "1", "2", "3", name="wanted")
    await add(session, "4")
    query = GizmoQuery(name="wanted", limit=2, offset=1, total=True)
    page = await gizmo_crud.list(session, query)
    assert [row.price for row in page.items] == [Decimal(2), Decimal(3)]
    assert page.total == 3
    assert (await gizmo_crud.list(session, GizmoQuery())).total is None


async def test_a_cursor_gets_the_next_page_over_http(
    gizmo_client: httpx.AsyncClient, session: AsyncSession
) -> None:
    ids = [gizmo.id for gizmo in await add(session, "1", "2", "3")]
    await session.commit()
    first = (await gizmo_client.get(f"{GIZMOS}?limit=2&total=true")).json()
    assert [item["id"] for item in first["items"]] == ids[:2]
    assert first["total"] == 3
    query = {"limit": 2, "cursor": first["next_cursor"]}
    second = (await gizmo_client.get(GIZMOS, params=query)).json()
    assert [item["id"] for item in second["items"]] == ids[2:]
    assert (second["next_cursor"], second["total"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 0}, 422),
        ({"limit": 101}, 422),
        ({"offset": -1}, 422),
        ({"offset": 10**30}, 422),
        ({"sort": "note"}, 422),
        ({"cursor": "?"}, 422),
        ({"colour": "blue"}, 422),
        ({"cursor": "eA"}, 404),
    ],
)
async def test_an_invalid_query_is_refused(
    gizmo_client: httpx.AsyncClient, query: dict[str, Any], status: int
) -> None:
    assert (await gizmo_client.get(GIZMOS, params=query)).status_code == status
