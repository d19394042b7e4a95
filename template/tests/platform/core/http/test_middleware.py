import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Body
from starlette.types import Message, Receive, Scope, Send

from app.core.config import get_settings
from app.core.http.health import readiness
from app.core.http.middleware import (
    BodyLimitMiddleware,
    RequestContextMiddleware,
    UnhandledErrorMiddleware,
    body_limit,
)
from app.core.http.routing import FeatureRouter
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.gizmo import GIZMOS


async def test_a_valid_request_id_is_kept(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/live", headers={"X-Request-ID": "trace-1.a_B"})
    assert response.headers["x-request-id"] == "trace-1.a_B"


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "a\tb"])
async def test_an_invalid_request_id_is_replaced(
    client: httpx.AsyncClient, request_id: str
) -> None:
    response = await client.get("/health/live", headers={"X-Request-ID": request_id})
    assert len(response.headers["x-request-id"]) == 16


async def test_responses_during_the_shutdown_close_their_connection(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "connection" not in (await client.get("/health/live")).headers
    monkeypatch.setattr(readiness, "stopping", True)
    assert (await client.get("/health/live")).headers["connection"] == "close"


async def test_a_body_up_to_the_limit_is_accepted(gizmo_client: httpx.AsyncClient) -> None:
    limit = get_settings().request_body_limit
    for size, status in ((limit, 422), (limit + 1, 413)):
        response = await gizmo_client.post(GIZMOS, content=b"x" * size)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"


async def test_a_body_of_unknown_length_is_limited(gizmo_client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000_000

    assert (await gizmo_client.post(GIZMOS, content=endless())).status_code == 413


async def test_a_route_has_a_body_limit_of_its_own() -> None:
    limit = get_settings().request_body_limit + 1
    router = FeatureRouter(prefix="/large", tag="large", description="Large bodies.")

    @router.post("")
    @body_limit(limit)
    async def large(number: Annotated[int, Body()]) -> int:
        return number

    async def chunks(content: bytes) -> AsyncIterator[bytes]:
        yield content

    app = create_app()
    app.include_router(router)
    headers = {"Content-Type": "application/json"}
    async with client_of(app) as client:
        for size, status in ((limit, 200), (limit + 1, 413)):
            body = b"1".rjust(size)
            for content in (body, chunks(body)):
                response = await client.post("/large", content=content, headers=headers)
                assert response.status_code == status
        assert response.json()["detail"] == f"The request body may have at most {limit} bytes."


async def test_other_scopes_pass() -> None:
    passed: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    scope = {"type": "lifespan"}
    for outer in (
        RequestContextMiddleware(app),
        UnhandledErrorMiddleware(app),
        BodyLimitMiddleware(app, max_bytes=1),
    ):
        await outer(scope, receive_nothing, send_nowhere)
    assert passed == [scope] * 3


async def receive_nothing() -> Message:
    raise AssertionError


async def send_nowhere(message: Message) -> None:
    raise AssertionError(message)


async def test_an_error_after_the_start_of_the_response_is_raised() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(LookupError):
        await UnhandledErrorMiddleware(half)(scope, receive_nothing, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


@pytest.mark.parametrize("begun", [True, False])
async def test_a_request_cancelled_by_the_shutdown_gets_a_response(begun: bool) -> None:
    started = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        started.set()
        await asyncio.Event().wait()

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    app = RequestContextMiddleware(endless)
    task = asyncio.create_task(app(scope, receive_nothing, send))
    await started.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert sent[0]["status"] == (200 if begun else 503)


async def test_errors_have_cors_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    origin = "https://shop.example"
    settings = get_settings().model_copy(update={"cors_origins": [origin]})
    monkeypatch.setattr("app.main.get_settings", lambda: settings)
    app = create_app()

    @app.get("/unhandled")
    async def unhandled() -> None:
        raise LookupError

    async with client_of(app) as client:
        response = await client.get("/unhandled", headers={"Origin": origin})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == origin
    assert "x-request-id" in response.headers
    exposed = set(response.headers["access-control-expose-headers"].split(", "))
    assert exposed == {"Deprecation", "Link", "Location", "Sunset", "X-Request-ID"}


async def test_a_refused_preflight_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = get_settings().model_copy(update={"cors_origins": ["https://shop.example"]})
    monkeypatch.setattr("app.main.get_settings", lambda: settings)
    for origin, status in (("https://shop.example", 200), ("https://evil.example", 400)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        async with client_of(create_app()) as client:
            response = await client.options("/health/live", headers=headers)
        assert response.status_code == status
        assert "x-request-id" in response.headers
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "Disallowed CORS origin"
