"""Responses after a migration of a table, and after a failover of the server."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from app.core.config import get_settings
from app.core.database import engine
from app.core.http import health
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.database_server import BECOME_STANDBY, CHANGE_NAME
from tests.platform.gizmo import GIZMOS, with_gizmos
from tests.platform.network.pooler import direct

pytestmark = pytest.mark.usefixtures("gizmo_table")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app; the pool is empty before and after the test."""
    await engine.dispose()
    async with client_of(with_gizmos(create_app())) as client:
        yield client
    await engine.dispose()


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_a_migration_of_a_table_causes_no_500(client: httpx.AsyncClient, method: str) -> None:
    async def statuses() -> set[int]:
        requests = [client.request(method, path, json={"name": "second"}) for _ in range(4)]
        return {response.status_code for response in await asyncio.gather(*requests)}

    created = await client.post(GIZMOS, json={"name": "first", "price": "1"})
    path = created.headers["location"]
    assert await statuses() == {200}
    for length in (200, 100):
        async with engine.begin() as connection:
            await connection.execute(text(CHANGE_NAME.format(length)))
        assert await statuses() <= {200, 503}
        assert await statuses() <= {200, 503}
    assert await statuses() == {200}


async def test_a_connection_to_a_standby_is_replaced(client: httpx.AsyncClient) -> None:
    async with engine.connect() as connection:
        await connection.execute(text(BECOME_STANDBY))
        await connection.commit()
    gizmo = {"name": "first", "price": "1"}
    assert (await client.post(GIZMOS, json=gizmo)).status_code == 503
    assert (await client.post(GIZMOS, json=gizmo)).status_code == 201


@direct
async def test_readiness_leaves_a_connection_to_a_standby(client: httpx.AsyncClient) -> None:
    async with engine.connect() as connection:
        await connection.execute(text(BECOME_STANDBY))
        await connection.commit()
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()["detail"]) == (
        503,
        "The database accepts no writes.",
    )
    assert (await client.get("/health/ready")).status_code == 200


@direct
async def test_a_service_that_only_reads_is_ready_with_a_standby(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = get_settings().model_copy(update={"readiness_check": "read"})
    monkeypatch.setattr(health, "get_settings", lambda: reads)
    async with engine.connect() as connection:
        await connection.execute(text(BECOME_STANDBY))
        await connection.commit()
    assert (await client.get("/health/ready")).status_code == 200
