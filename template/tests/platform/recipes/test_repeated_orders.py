from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes import repeated_orders
from tests.platform.recipes.models import Stock
from tests.platform.recipes.orders import ORDERS, OrderCreate, place_order
from tests.platform.recipes.test_orders import order, stored


@pytest.fixture
async def client(connection: AsyncConnection) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_with(repeated_orders.router)) as client:
        yield client


async def test_an_order_in_conflict_with_another_one_is_placed_once(
    client: httpx.AsyncClient,
    session: AsyncSession,
    pencils: Stock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = []

    async def conflict_first(session: AsyncSession, values: OrderCreate) -> object:
        placed = await place_order(session, values)
        attempts.append(values)
        if len(attempts) == 1:
            raise StaleDataError("changed by another order")
        return placed

    monkeypatch.setattr(repeated_orders, "place_order", conflict_first)
    assert (await client.post(ORDERS, json=order(pencils.id, 2))).status_code == 201
    assert len(attempts) == 2
    assert await stored(session) == (3, 1)


async def test_an_order_that_the_data_does_not_allow_is_refused_at_once(
    client: httpx.AsyncClient, session: AsyncSession, pencils: Stock
) -> None:
    assert (await client.post(ORDERS, json=order(pencils.id, 6))).status_code == 409
    assert (await client.post(ORDERS, json=order(pencils.id + 1, 1))).status_code == 404
    assert await stored(session) == (5, 0)
