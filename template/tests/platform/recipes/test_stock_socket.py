import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, WebSocket
from sqlalchemy import delete, select

from app.core.database import CurrentSessionTransaction, engine, session_scope
from tests.platform.apps import app_with
from tests.platform.recipes.models import Stock
from tests.platform.recipes.stock_socket import SOCKET, router
from tests.platform.sockets import connected

TOKEN = "Bearer secret"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("SOCKET_TOKEN", "secret")
    app = app_with(router)
    return app


@pytest.fixture
async def stock_id() -> AsyncIterator[int]:
    """The id of an article in stock, committed."""
    async with session_scope() as session:
        session.add(stock := Stock(article="Pencil", quantity=5))
    yield stock.id
    async with session_scope() as session:
        await session.execute(delete(Stock))


async def test_each_message_is_a_transaction_and_holds_a_connection_only_for_it(
    app: FastAPI, stock_id: int
) -> None:
    async with connected(app, SOCKET, authorization=TOKEN) as socket:
        assert (await socket.receive())["type"] == "websocket.accept"
        for change, key, expected in (
            (-2, "quantity", 3),
            (-9, "status", 422),
            (+1, "quantity", 4),
        ):
            await socket.send(json.dumps({"stock_id": stock_id, "change": change}))
            assert json.loads(await socket.receive_text())[key] == expected
            assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        for message, expected in (
            ("no JSON", 422),
            ('{"stock_id": 1e300, "change": 1}', 422),
            ('{"stock_id": 999999999, "change": 1}', 404),
        ):
            await socket.send(message)
            assert json.loads(await socket.receive_text())["status"] == expected


@pytest.mark.parametrize(
    ("headers", "event"),
    [
        ({"authorization": TOKEN}, "websocket.accept"),
        (
            {"authorization": TOKEN, "origin": "http://a.example", "host": "a.example"},
            "websocket.accept",
        ),
        (
            {"authorization": TOKEN, "origin": "http://b.example", "host": "a.example"},
            "websocket.close",
        ),
        ({"authorization": "Bearer wrong"}, "websocket.close"),
        ({}, "websocket.close"),
    ],
)
async def test_strangers_are_refused(app: FastAPI, headers: dict[str, str], event: str) -> None:
    async with connected(app, SOCKET, **headers) as socket:
        assert (await socket.receive())["type"] == event


async def test_a_transaction_of_a_dependency_lasts_as_long_as_the_socket(app: FastAPI) -> None:
    @app.websocket("/held")
    async def hold(websocket: WebSocket, session: CurrentSessionTransaction) -> None:
        await session.execute(select(Stock.id))
        await websocket.accept()
        await websocket.receive_text()

    async with connected(app, "/held") as socket:
        await socket.receive()
        assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]
        await socket.send("end")
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
