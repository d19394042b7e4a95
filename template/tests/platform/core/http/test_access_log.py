import httpx
import pytest
from fastapi import APIRouter
from starlette.types import Message, Receive, Scope, Send
from structlog import get_logger, make_filtering_bound_logger
from structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    merge_contextvars,
    unbind_contextvars,
)
from structlog.testing import capture_logs

from app.core.http import middleware
from app.core.http.middleware import RequestContextMiddleware
from tests.platform.apps import app_with
from tests.platform.clients import client_of


async def test_each_request_is_logged_with_its_id(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await client.get("/nothing?secret=1", headers={"X-Request-ID": "trace"})
    (line,) = [line for line in lines if line["event"] == "request"]
    facts = [line[name] for name in ("method", "path", "status", "route")]
    assert facts == ["GET", "/nothing", 404, None]
    assert (line["client"], line["log_level"]) == ("127.0.0.1", "info")


async def test_the_line_of_a_request_has_the_template_of_its_route() -> None:
    router = APIRouter(prefix="/places")

    @router.get("/{key}")
    async def get_place(key: int) -> int:
        return key

    app = app_with()
    app.include_router(router, prefix="/api/v1")
    app.add_api_route("/top/{key}", get_place)
    with capture_logs() as lines:
        async with client_of(app) as client:
            for path in ("/api/v1/places/7", "/api/v1/places/a", "/top/1"):
                await client.get(path)
            await client.put("/api/v1/places/7")
    routes = [(line["status"], line["route"]) for line in lines if line["event"] == "request"]
    place = "/api/v1/places/{key}"
    assert routes == [(200, place), (422, place), (200, "/top/{key}"), (405, place)]


async def test_all_lines_of_a_request_have_its_id() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        logger.info("own line")
        bind_contextvars(customer=7)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send_nowhere(message: Message) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/"}
    logger = get_logger()
    with bound_contextvars(request_id="outer"), capture_logs([merge_contextvars]) as lines:
        for request_id in ("one", "two"):
            headers = [(b"x-request-id", request_id.encode())]
            given = scope | {"headers": headers, "http_version": "1.1"}
            await RequestContextMiddleware(app)(given, receive_nothing, send_nowhere)
        logger.info("after")
        unbind_contextvars("customer")
    ids = [(line["event"], line["request_id"]) for line in lines]
    own, access = "own line", "request"
    assert ids == [(own, "one"), (access, "one"), (own, "two"), (access, "two"), ("after", "outer")]
    assert [line.get("customer") for line in lines if line["event"] == access] == [7, 7]


async def receive_nothing() -> Message:
    raise AssertionError


async def test_health_probes_are_logged_at_level_debug(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        middleware, "logger", get_logger(wrapper_class=make_filtering_bound_logger("DEBUG"))
    )
    with capture_logs() as lines:
        await client.get("/health/live")
        await client.get("/health/ready")
    levels = [line["log_level"] for line in lines if line["event"] == "request"]
    assert levels == ["debug", "debug"]
