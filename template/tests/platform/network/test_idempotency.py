"""A commit whose confirmation is lost: only a key tells a retry from a new request."""

import os
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import delete, func, select

from app.core.database import reader, session_factory, session_scope
from tests.platform import database
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.network.proxy import Proxy, running
from tests.platform.recipes.idempotency import Idempotency
from tests.platform.recipes.idempotency_key import IdempotencyKey
from tests.platform.recipes.models import Base
from tests.platform.recipes.payments import PAYMENTS, Payment, PaymentRead, router
from tests.platform.small_engine import small_engine

LOST_COMMITS = int(os.environ.get("LOST_COMMITS", "20"))


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    async with database.tables(Base.metadata):
        yield


@pytest.fixture(autouse=True)
async def _rows() -> AsyncIterator[None]:
    yield
    async with session_scope() as session:
        await session.execute(delete(Payment))
        await session.execute(delete(IdempotencyKey))


@pytest.fixture
async def network() -> AsyncIterator[Proxy]:
    async with running() as proxy, small_engine(database_url=proxy.address):
        yield proxy


@pytest.fixture
async def client(network: Proxy) -> AsyncIterator[httpx.AsyncClient]:
    app = app_with(router)
    async with client_of(app) as client:
        yield client


async def pay(client: httpx.AsyncClient, key: str) -> httpx.Response:
    payment = {"reference": "1", "amount": "10.00"}
    return await client.post(PAYMENTS, json=payment, headers={"Idempotency-Key": key})


async def count() -> int:
    ((number,),) = await reader.rows(select(func.count()).select_from(Payment))
    return number


async def test_after_lost_commits_there_is_one_row_and_one_answer(
    client: httpx.AsyncClient, network: Proxy
) -> None:
    network.lose_commits(LOST_COMMITS)
    for _ in range(LOST_COMMITS):
        assert (await pay(client, "k")).status_code == 503
        assert await count() == 1
    first, again = await pay(client, "k"), await pay(client, "k")
    assert (first.status_code, again.content) == (201, first.content)
    assert await count() == 1


async def test_a_replay_sees_a_commit_that_is_newer_than_its_first_read() -> None:
    payment = PaymentRead(id=1, reference="1", amount=Decimal("1.00"))

    async def create() -> PaymentRead:
        created.append(payment)
        return payment

    created: list[PaymentRead] = []
    async with session_factory() as first, session_factory() as second:
        # As authentication does, before the dependency for the key.
        await second.execute(select(Payment.id))
        for session in (first, second):
            once = Idempotency(session, caller="", key="k", fingerprint="f").once
            assert await once(PaymentRead, create) == payment
            await session.commit()
    assert created == [payment]
