"""The service behind a proxy: hosts, a prefix of all paths, and documents that are not public."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.core.config import get_settings
from app.main import create_app
from tests.platform.clients import client_of, serving

Create = Callable[..., FastAPI]

router = APIRouter()


@router.get("/place")
async def place(request: Request) -> list[str]:
    return [request.scope["path"], str(request.url_for("place"))]


@pytest.fixture
def create(monkeypatch: pytest.MonkeyPatch) -> Create:
    def create(**changes: Any) -> FastAPI:
        settings = get_settings().model_copy(update=changes)
        monkeypatch.setattr("app.main.get_settings", lambda: settings)
        # Outside `local`, loggers would keep their configuration for the tests that follow.
        monkeypatch.setattr("app.main.configure_logging", lambda settings: None)
        app = create_app()
        app.include_router(router)
        return app

    return create


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.example.com", 200),
        ("API.Example.com:8443", 200),
        ("a.b.example.org", 200),
        ("[::1]:8000", 200),
        ("example.org", 400),
        ("api.example.com.evil.net", 400),
        ("10.0.0.7:8000", 400),
        ("api.example.com:a", 400),
        ("evil.net/.example.org", 400),
        ("user@a.example.org", 400),
        ("", 400),
    ],
)
async def test_a_host_that_is_not_allowed_is_refused(
    create: Create, host: str, status: int
) -> None:
    app = create(allowed_hosts=["api.example.com", "*.example.org", "[::1]"])
    async with client_of(app) as client:
        response = await client.get("/place", headers={"Host": host})
        probe = await client.get("/health/live", headers={"Host": host})
    assert response.status_code == status
    if status == 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == "The host of the request is not allowed."
        assert response.json()["request_id"] == response.headers["x-request-id"]
    assert probe.status_code == 200


async def test_a_second_host_is_refused(create: Create) -> None:
    async with client_of(create(allowed_hosts=["a.example"])) as client:
        headers = [("Host", "a.example"), ("Host", "a.example")]
        assert (await client.get("/place", headers=headers)).status_code == 400


async def test_every_host_is_allowed_by_default(create: Create) -> None:
    async with client_of(create()) as client:
        assert (await client.get("/place", headers={"Host": "any"})).status_code == 200


@pytest.mark.parametrize("path", ["/place", "/shop/place"])
async def test_a_prefix_may_be_removed_by_the_proxy_or_not(create: Create, path: str) -> None:
    async with client_of(create(root_path="/shop")) as client:
        response = await client.get(path)
    assert response.json() == ["/shop/place", "http://test/shop/place"]


@pytest.mark.parametrize("prefix", ["", "/shop"])
async def test_the_documents_know_the_prefix(create: Create, prefix: str) -> None:
    async with client_of(create(root_path="/shop")) as client:
        document = (await client.get(f"{prefix}/openapi.json")).json()
        page = await client.get(f"{prefix}/docs")
    assert document["servers"] == [{"url": "/shop"}]
    assert "/place" in document["paths"]
    assert "'/shop/openapi.json'" in page.text.replace('"', "'")


async def test_without_a_prefix_the_server_is_the_root(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json()["servers"] == [{"url": "/"}]


@pytest.mark.parametrize(
    ("environment", "docs_enabled", "status"),
    [
        ("local", None, 200),
        ("local", False, 404),
        ("staging", None, 404),
        ("production", None, 404),
        ("production", True, 200),
    ],
)
async def test_the_documents_are_public_in_local_only(
    create: Create, environment: str, docs_enabled: bool | None, status: int
) -> None:
    app = create(environment=environment, docs_enabled=docs_enabled)
    async with client_of(app) as client:
        paths = ["/docs", "/redoc", "/openapi.json"]
        responses = await asyncio.gather(*(client.get(path) for path in paths))
    assert {response.status_code for response in responses} == {status}
    assert "/place" in app.openapi()["paths"]


async def test_a_websocket_has_the_same_hosts_and_the_same_prefix(create: Create) -> None:
    app = create(allowed_hosts=["api.example.com"], root_path="/shop")

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(socket.url.path)

    client = TestClient(app)
    with client.websocket_connect("/echo", headers={"Host": "api.example.com"}) as socket:
        assert socket.receive_text() == "/shop/echo"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/echo"):
        pass


async def test_the_lifespan_runs_behind_them(create: Create) -> None:
    app = create(allowed_hosts=["api.example.com"], root_path="/shop")
    async with serving(app, lifespan="on") as port, httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/health/live")).status_code == 200
