import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import delete, update
from structlog.testing import capture_logs

from app.core.database import engine, session_scope
from app.core.http.health import readiness
from tests.platform.apps import app_with
from tests.platform.clients import serving
from tests.platform.recipes import stock_events
from tests.platform.recipes.models import Stock
from tests.platform.recipes.stock_events import STOCK, router


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client over a socket, since only a socket shows a stream while it is sent."""
    monkeypatch.setattr(stock_events, "POLL_SECONDS", 0.01)
    app = app_with(router)
    async with serving(app) as port, httpx.AsyncClient() as client:
        client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        yield client


@pytest.fixture
async def path() -> AsyncIterator[str]:
    """The path of the events of a committed article."""
    async with session_scope() as session:
        session.add(stock := Stock(article="Pencil", quantity=5))
    yield f"{STOCK}/{stock.id}/events"
    async with session_scope() as session:
        await session.execute(delete(Stock))


async def test_an_event_is_sent_after_each_change(
    client: httpx.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client.stream("GET", path) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = (line async for line in response.aiter_lines() if line.startswith("data:"))
        assert '"quantity":5' in await anext(events)
        async with asyncio.timeout(10):
            while engine.pool.checkedout():  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0)
        async with session_scope() as session:
            await session.execute(update(Stock).values(quantity=6))
        assert '"quantity":6' in await anext(events)
        # On shutdown the stream ends instead of being cut off.
        monkeypatch.setattr(readiness, "stopping", True)
        assert [event async for event in events] == []


async def test_a_deleted_row_ends_the_stream(client: httpx.AsyncClient, path: str) -> None:
    async with client.stream("GET", path) as response:
        async with session_scope() as session:
            await session.execute(delete(Stock))
        assert (await response.aread()).count(b"data:") == 1
    assert (await client.get(path)).status_code == 404


async def test_a_client_that_leaves_ends_the_stream(client: httpx.AsyncClient, path: str) -> None:
    with capture_logs() as lines:
        async with client.stream("GET", path):
            assert not lines
        async with asyncio.timeout(10):
            while not lines:  # noqa: ASYNC110, the access log has no event to wait for
                await asyncio.sleep(0.01)
    assert [(line["event"], line["path"]) for line in lines] == [("request", path)]
