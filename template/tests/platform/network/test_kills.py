"""Responses when the connection to the database ends at any step of a request."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.platform.clients import client_of
from tests.platform.gizmo import GIZMOS
from tests.platform.network.proxy import Proxy, running
from tests.platform.small_engine import app_with_slow_routes, assert_well_formed, small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")

BODY = {"name": "name", "price": "1.00"}


@pytest.fixture
async def network() -> AsyncIterator[Proxy]:
    async with running() as proxy:
        yield proxy


@pytest.fixture
async def engine(network: Proxy) -> AsyncIterator[AsyncEngine]:
    async with small_engine(database_url=network.address) as engine:
        yield engine


@pytest.fixture
async def client(engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_with_slow_routes()) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("is_new", [False, True])
async def test_a_connection_that_ends_at_any_step_is_503(
    client: httpx.AsyncClient, engine: AsyncEngine, network: Proxy, *, method: str, is_new: bool
) -> None:
    statuses = set[int]()
    for step in range(1, 20):
        path = f"{GIZMOS}/{(await client.post(GIZMOS, json=BODY)).json()['id']}"
        assert (await client.get(path)).status_code == 200
        if is_new:
            await engine.dispose()
        network.close_at(step)
        body: Any = {"json": BODY} if method in ("POST", "PATCH") else {}
        response = await client.request(method, GIZMOS if method == "POST" else path, **body)
        statuses |= assert_well_formed([response])
        if network.steps_left > 0:
            break
    assert statuses == {503, response.status_code}
    assert response.is_success


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_new_connections_that_are_closed_at_once_are_503(
    client: httpx.AsyncClient, engine: AsyncEngine, method: str
) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def close(connection: Any, record: object) -> None:
        connection.close()

    body: Any = {"json": BODY} if method == "POST" else {}
    responses = [await client.request(method, GIZMOS, **body) for _ in range(2)]
    assert assert_well_formed(responses) == {503}
