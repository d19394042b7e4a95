"""The number of round trips to the database for each request."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from sqlalchemy import event

from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.database_server import ROUND_TRIPS
from tests.platform.gizmo import GIZMOS, with_gizmos
from tests.platform.network.proxy import Proxy, running
from tests.platform.small_engine import small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")

Send = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


@pytest.fixture(params=["by the driver", "by SQLAlchemy"])
async def proxy(request: pytest.FixtureRequest) -> AsyncIterator[Proxy]:
    async with (
        running() as proxy,
        small_engine(database_url=proxy.address, database_pool_pre_ping=True) as engine,
    ):
        if request.param == "by SQLAlchemy":
            event.listen(engine.sync_engine, "before_cursor_execute", lambda *_: None)
        yield proxy


def create(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.post(GIZMOS, json={"name": "first", "price": "1"})


@pytest.mark.parametrize(
    ("kind", "send"),
    [
        ("read", lambda client: client.get(f"{GIZMOS}/1")),
        ("list", lambda client: client.get(GIZMOS)),
        ("create", create),
    ],
)
async def test_a_request_makes_no_extra_round_trip(proxy: Proxy, kind: str, send: Send) -> None:
    async with client_of(with_gizmos(create_app())) as client:
        await create(client)
        # A statement is prepared by SQLAlchemy, then by the driver.
        for _ in range(3):
            before = proxy.round_trips
            response = await send(client)
        assert response.is_success
        assert proxy.round_trips - before == ROUND_TRIPS[kind]
