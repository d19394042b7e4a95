from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.models import Invoice, Stock
from tests.platform.recipes.orders import ORDERS, router


@pytest.fixture
async def client(connection: AsyncConnection) -> AsyncIterator[httpx.AsyncClient]:
    app = app_with(router)
    async with client_of(app) as client:
        yield client


def order(stock_id: int, quantity: int, number: str = "1") -> dict[str, Any]:
    values = {"stock_id": stock_id, "quantity": quantity, "number": number}
    return values | {"customer": "Ada", "due_date": "2026-01-31"}


async def stored(session: AsyncSession) -> tuple[int, int]:
    """Return the quantity in stock and the number of invoices."""
    quantity = await session.scalar(select(Stock.quantity))
    invoices = await session.scalar(select(func.count()).select_from(Invoice))
    return quantity or 0, invoices or 0


async def test_an_order_reduces_the_stock_and_creates_an_invoice(
    client: httpx.AsyncClient, session: AsyncSession, pencils: Stock
) -> None:
    response = await client.post(ORDERS, json=order(pencils.id, 2))
    assert response.status_code == 201
    assert response.json()["customer"] == "Ada"
    assert await stored(session) == (3, 1)


async def test_an_order_of_more_than_is_in_stock_is_409(
    client: httpx.AsyncClient, session: AsyncSession, pencils: Stock
) -> None:
    response = await client.post(ORDERS, json=order(pencils.id, 6))
    assert response.status_code == 409
    assert response.json()["detail"] == "There are only 5 of Pencil."
    assert await stored(session) == (5, 0)


async def test_when_the_invoice_fails_the_stock_stays(
    client: httpx.AsyncClient, session: AsyncSession, pencils: Stock
) -> None:
    await client.post(ORDERS, json=order(pencils.id, 1, number="1"))
    response = await client.post(ORDERS, json=order(pencils.id, 1, number="1"))
    assert response.status_code == 409
    assert await stored(session) == (4, 1)


async def test_an_order_of_an_unknown_article_is_404(client: httpx.AsyncClient) -> None:
    assert (await client.post(ORDERS, json=order(1, 1))).status_code == 404
