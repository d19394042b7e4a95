import base64
from decimal import Decimal

import pytest
from fastapi import HTTPException
from sqlalchemy.ext.asyncio import AsyncSession

from app.product.crud import product_crud
from app.product.models import Product
from app.product.schemas import ProductCreate, ProductQuery, ProductUpdate


async def add(session: AsyncSession, *prices: str, name: str = "Pencil") -> list[Product]:
    return [
        await product_crud.create(session, ProductCreate(name=name, price=Decimal(price)))
        for price in prices
    ]


async def test_create_returns_what_the_database_filled_in(session: AsyncSession) -> None:
    (product,) = await add(session, "1.5")
    assert product.id > 0
    assert product.price == Decimal("1.50")
    assert product.created_at.utcoffset() is not None


async def test_get_finds_by_key(session: AsyncSession) -> None:
    (product,) = await add(session, "1")
    assert await product_crud.get(session, product.id) is product
    assert await product_crud.get(session, product.id + 1) is None


async def test_update_changes_only_what_was_sent(session: AsyncSession) -> None:
    (product,) = await add(session, "1")
    before = product.updated_at
    await product_crud.update(session, product, ProductUpdate(description="HB"))
    assert (product.name, product.description) == ("Pencil", "HB")
    assert product.updated_at > before
    await product_crud.update(session, product, ProductUpdate(description=None))
    assert product.description is None


async def test_an_empty_update_changes_nothing(session: AsyncSession) -> None:
    (product,) = await add(session, "1")
    before = product.updated_at
    await product_crud.update(session, product, ProductUpdate())
    assert product.updated_at == before


async def test_delete_removes_the_row(session: AsyncSession) -> None:
    (product,) = await add(session, "1")
    await product_crud.delete(session, product)
    assert await product_crud.get(session, product.id) is None


async def test_a_list_is_ordered_with_the_key_as_tie_break(session: AsyncSession) -> None:
    products = await add(session, "2", "1", "2", "1")
    ids = [product.id for product in products]
    page = await product_crud.list(session, ProductQuery(sort="price"))
    assert [row.id for row in page.items] == [ids[1], ids[3], ids[0], ids[2]]
    page = await product_crud.list(session, ProductQuery(sort="-price"))
    assert [row.id for row in page.items] == [ids[2], ids[0], ids[3], ids[1]]


@pytest.mark.parametrize("sort", ["id", "-id", "price", "-price", "name", "-created_at"])
async def test_cursors_visit_every_row_once(session: AsyncSession, sort: str) -> None:
    await add(session, "3", "1", "2", "1", "2", "3", "1")
    query = ProductQuery.model_validate({"sort": sort, "limit": 2})
    whole = await product_crud.list(session, query.model_copy(update={"limit": 100}))
    seen = []
    while True:
        page = await product_crud.list(session, query)
        seen += [row.id for row in page.items]
        if page.next_cursor is None:
            break
        query = query.model_copy(update={"cursor": page.next_cursor})
    assert seen == [row.id for row in whole.items]
    assert len(seen) == 7


async def test_a_cursor_survives_inserts_and_deletes(session: AsyncSession) -> None:
    products = await add(session, "1", "2", "3", "4")
    first = await product_crud.list(session, ProductQuery(sort="price", limit=2))
    await product_crud.delete(session, products[1])
    await add(session, "0.5")
    query = ProductQuery(sort="price", limit=2, cursor=first.next_cursor)
    second = await product_crud.list(session, query)
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
async def test_a_made_up_cursor_is_refused(session: AsyncSession, content: str) -> None:
    cursor = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
    with pytest.raises(HTTPException):
        await product_crud.list(session, ProductQuery(sort="created_at", cursor=cursor))


async def test_a_cursor_of_another_order_is_refused(session: AsyncSession) -> None:
    await add(session, "1", "2")
    page = await product_crud.list(session, ProductQuery(limit=1))
    with pytest.raises(HTTPException):
        await product_crud.list(session, ProductQuery(sort="name", cursor=page.next_cursor))


async def test_a_list_is_filtered_and_counted_on_request(session: AsyncSession) -> None:
    await add(session, "1", "2", "3", name="Pen")
    await add(session, "4")
    page = await product_crud.list(session, ProductQuery(name="Pen", limit=2, offset=1, total=True))
    assert [row.price for row in page.items] == [Decimal(2), Decimal(3)]
    assert page.total == 3
    assert (await product_crud.list(session, ProductQuery())).total is None
