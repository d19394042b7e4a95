"""No answer says more than the database has."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import delete, func, select
from starlette.types import Message, Scope

from app.core.database import (
    CurrentSession,
    CurrentSessionTransaction,
    engine,
    read_session_factory,
    session_factory,
    session_scope,
)
from app.main import create_app
from app.product.crud import product_crud
from app.product.models import Product
from app.product.schemas import ProductQuery
from tests.server import connection_number, end_connection

PRODUCTS = "/api/v1/products"
PENCIL = {"name": "Pencil", "price": "1"}


@pytest.fixture(autouse=True)
async def _no_rows() -> AsyncIterator[None]:
    """These tests commit for real, so they clean up after themselves."""
    yield
    async with session_scope() as session:
        await session.execute(delete(Product))


async def stored() -> int:
    async with read_session_factory() as session:
        return (await session.execute(select(func.count()).select_from(Product))).scalar_one()


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_row_is_committed_before_its_201_is_sent() -> None:
    seen: list[tuple[int, int]] = []
    body = b'{"name": "Pencil", "price": "1"}'

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.append((message["status"], await stored()))

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": PRODUCTS,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await create_app()(scope, receive, send)
    assert seen == [(201, 1)]


async def test_a_commit_that_fails_is_never_a_success() -> None:
    app = create_app()

    @app.post("/broken", status_code=201)
    async def broken(session: CurrentSessionTransaction) -> None:
        session.add(Product(name="Pencil", price=1))  # type: ignore[arg-type]
        await session.flush()
        await end_connection(engine, await connection_number(await session.connection()))
        await asyncio.sleep(0.1)

    async with client_of(app) as client:
        response = await client.post("/broken")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert await stored() == 0
        assert (await client.post(PRODUCTS, json=PENCIL)).status_code == 201


async def test_an_error_after_the_work_rolls_it_back() -> None:
    app = create_app()

    @app.post("/broken")
    async def broken(session: CurrentSessionTransaction) -> None:
        session.add(Product(name="Pencil", price=1))  # type: ignore[arg-type]
        await session.flush()
        raise LookupError

    async with client_of(app) as client:
        assert (await client.post("/broken")).status_code == 500
    assert await stored() == 0


async def test_a_stream_holds_no_connection() -> None:
    router = APIRouter()
    held: list[int] = []

    async def lines() -> AsyncIterator[str]:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        yield "first\n"
        async with session_scope() as session:
            page = await product_crud.list(session, ProductQuery())
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        yield f"{len(page.items)}\n"

    @router.get("/stream")
    async def stream(session: CurrentSession) -> StreamingResponse:
        await product_crud.get(session, 1)
        return StreamingResponse(lines())

    app = create_app()
    app.include_router(router)
    async with client_of(app) as client:
        assert (await client.get("/stream")).text == "first\n0\n"
    assert held == [0, 0]


async def test_a_deadlock_is_a_clean_503() -> None:
    app = create_app()
    both = asyncio.Barrier(2)

    @app.post("/swap/{first}/{second}")
    async def swap(first: int, second: int, session: CurrentSessionTransaction) -> None:
        for number, key in enumerate((first, second)):
            product = await session.get(Product, key, with_for_update=True)
            assert product is not None
            product.price += 1
            await session.flush()
            if number == 0:
                await both.wait()

    async with session_factory.begin() as session:
        session.add_all(
            products := [Product(name=str(i), price=1) for i in range(2)]  # type: ignore[arg-type]
        )
    one, other = (product.id for product in products)
    async with client_of(app) as client:
        responses = await asyncio.gather(
            client.post(f"/swap/{one}/{other}"), client.post(f"/swap/{other}/{one}")
        )
    assert sorted(response.status_code for response in responses) == [200, 503]
    async with read_session_factory() as reader:
        prices = (await reader.execute(select(Product.price))).scalars().all()
    assert [int(price) for price in prices] == [2, 2]
