import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select, update

from app.core.database import reader, session_scope
from app.models.types import utc_now
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.idempotency import get_caller
from tests.platform.recipes.idempotency_key import IdempotencyKey, delete_old_keys
from tests.platform.recipes.payments import PAYMENTS, Payment, router

PAYMENT = {"reference": "1", "amount": "10.00"}
TWINS = 20


@pytest.fixture
async def app() -> AsyncIterator[FastAPI]:
    """The app with payments; its requests commit for real."""
    app = app_with(router)
    yield app
    async with session_scope() as session:
        await session.execute(delete(Payment))
        await session.execute(delete(IdempotencyKey))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def pay(client: httpx.AsyncClient, key: str = "k", **changes: str) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return await client.post(PAYMENTS, json=PAYMENT | changes, headers=headers)


async def count(model: type[Payment | IdempotencyKey] = Payment) -> int:
    ((number,),) = await reader.rows(select(func.count()).select_from(model))
    return number


async def test_a_request_sent_again_gets_the_stored_answer(client: httpx.AsyncClient) -> None:
    # With and without the quotes of the standard it is the same key.
    first, again = await pay(client, "k"), await pay(client, '"k"')
    assert (first.status_code, first.json()["amount"]) == (201, "10.00")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert await count() == 1
    other = await pay(client, "other", reference="2")
    assert other.json()["id"] != first.json()["id"]


async def test_a_key_of_another_request_is_422(client: httpx.AsyncClient) -> None:
    assert (await pay(client)).status_code == 201
    response = await pay(client, amount="11.00")
    assert response.status_code == 422
    assert response.json()["detail"].startswith("The Idempotency-Key belongs to another request")
    assert await count() == 1


async def test_twins_at_the_same_time_run_once(client: httpx.AsyncClient) -> None:
    responses = await asyncio.gather(*(pay(client) for _ in range(TWINS)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert await count() == 1


async def test_after_an_error_the_next_request_runs_again(client: httpx.AsyncClient) -> None:
    await pay(client, "other")
    assert (await pay(client)).status_code == 409
    assert await count(IdempotencyKey) == 1
    async with session_scope() as session:
        await session.execute(delete(Payment))
    assert (await pay(client)).status_code == 201
    assert await count() == 1


async def test_each_caller_has_keys_of_its_own(app: FastAPI, client: httpx.AsyncClient) -> None:
    await pay(client)
    app.dependency_overrides[get_caller] = lambda: "ada"
    response = await pay(client, reference="2")
    assert (response.status_code, response.json()["reference"]) == (201, "2")
    assert await count() == 2


async def test_old_keys_are_deleted(client: httpx.AsyncClient) -> None:
    for number in ("1", "2"):
        await pay(client, number, reference=number)
    async with session_scope() as session:
        old = update(IdempotencyKey).where(IdempotencyKey.key == "1")
        await session.execute(old.values(created_at=utc_now() - timedelta(hours=25)))
    await delete_old_keys(timedelta(hours=24))
    assert await count(IdempotencyKey) == 1
