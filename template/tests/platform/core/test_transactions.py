"""Transactions of requests: committed before the response, rolled back on an error."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy import select, update
from starlette.types import Message, Scope

from app.core.database import (
    CurrentSession,
    CurrentSessionTransaction,
    engine,
    session_factory,
    session_scope,
)
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.gizmo import GIZMOS, Gizmo, GizmoQuery, count_gizmos, gizmo_crud, with_gizmos

pytestmark = pytest.mark.usefixtures("committed_gizmos")


async def test_a_row_is_committed_before_its_201_is_sent() -> None:
    seen: list[tuple[int, int]] = []
    body = b'{"name": "first", "price": "1"}'

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.append((message["status"], await count_gizmos()))

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": GIZMOS,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await with_gizmos(create_app())(scope, receive, send)
    assert seen == [(201, 1)]


async def test_an_error_in_a_route_rolls_back_its_changes() -> None:
    app = create_app()

    @app.post("/broken")
    async def broken(session: CurrentSessionTransaction) -> None:
        session.add(Gizmo(name="first"))
        await session.flush()
        raise LookupError

    async with client_of(app) as client:
        assert (await client.post("/broken")).status_code == 500
    assert await count_gizmos() == 0


async def test_a_stream_holds_no_connection() -> None:
    router = APIRouter()
    held: list[int] = []

    async def lines() -> AsyncIterator[str]:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        yield "first\n"
        async with session_scope() as session:
            page = await gizmo_crud.list(session, GizmoQuery())
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        yield f"{len(page.items)}\n"

    @router.get("/stream")
    async def stream(session: CurrentSession) -> StreamingResponse:
        await gizmo_crud.list(session, GizmoQuery())
        return StreamingResponse(lines())

    app = create_app()
    app.include_router(router)
    async with client_of(app) as client:
        assert (await client.get("/stream")).text == "first\n0\n"
    assert held == [0, 0]


async def test_the_response_to_a_concurrent_update_is_the_stored_row() -> None:
    async with client_of(with_gizmos(create_app())) as client:
        created = (await client.post(GIZMOS, json={"name": "first", "price": "1"})).json()
        path = f"{GIZMOS}/{created['id']}"
        for number in range(20):
            changes = ({"name": f"name {number}"}, {"price": f"{number + 2}.00"})
            responses = await asyncio.gather(*(client.patch(path, json=c) for c in changes))
            stored = (await client.get(path)).json()
            assert stored in [response.json() for response in responses]


async def test_a_row_is_deleted_once_by_concurrent_requests() -> None:
    async with client_of(with_gizmos(create_app())) as client:
        for _ in range(20):
            created = (await client.post(GIZMOS, json={"name": "first", "price": "1"})).json()
            path = f"{GIZMOS}/{created['id']}"
            *changed, first, second = await asyncio.gather(
                client.patch(path, json={"name": "a"}),
                client.patch(path, json={"name": "b"}),
                client.delete(path),
                client.delete(path),
            )
            assert {response.status_code for response in changed} <= {200, 404}
            assert {first.status_code, second.status_code} == {204, 404}


async def test_get_for_update_reads_the_row_again_and_keeps_own_changes() -> None:
    async with session_scope() as session:
        session.add(Gizmo(name="Ada"))
    async with session_factory() as session:
        (entity,) = (await session.scalars(select(Gizmo))).all()
        await session.commit()
        async with session_scope() as other:
            await other.execute(update(Gizmo).values(name="Bob"))
        assert await gizmo_crud.get_for_update(session, entity.id) is entity
        assert entity.name == "Bob"
        entity.note = "new"
        assert (await gizmo_crud.get_for_update(session, entity.id)).note == "new"
