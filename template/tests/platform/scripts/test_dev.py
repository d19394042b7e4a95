import re
import socket

import pytest
from fastapi import FastAPI
from starlette.types import Message
from structlog.testing import capture_logs

from app.core.config import get_settings
from app.core.database import reader
from app.main import create_app
from scripts.dev import (
    PrintWhenReady,
    RefusePending,
    address,
    check_port,
    main,
    offline_docs,
)
from tests.platform.clients import client_of

app = FastAPI()


@app.get("/")
async def root() -> str:
    return "served"


async def test_requests_are_served_when_no_revision_is_pending() -> None:
    async with client_of(RefusePending(app)) as client:
        assert (await client.get("/")).json() == "served"


async def test_a_pending_revision_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    server = RefusePending(app)
    heads = server.heads
    monkeypatch.setattr(server, "heads", {"newer"})
    async with client_of(server) as client:
        with capture_logs() as lines:
            response = await client.get("/")
        assert response.status_code == 503
        assert response.json()["detail"] == "Revisions are pending: run `uv run poe migrate`."
        assert [line["event"] for line in lines] == ["migrations_pending"]
        # This app has no such route.
        assert (await client.get("/health/live")).status_code == 404
        server.heads = heads
        assert (await client.get("/")).json() == "served"


async def test_a_database_that_does_not_respond_is_left_to_the_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(reader, "rows", fail)
    async with client_of(RefusePending(app)) as client:
        assert (await client.get("/")).json() == "served"


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_the_docs_load_everything_from_the_server_itself(page: str) -> None:
    served = create_app()
    served.router.routes[:0] = offline_docs(served)
    async with client_of(served) as client:
        html = (await client.get(page)).text
        addresses = re.findall(r"""(?:src|href|spec-url)="(.+?)"|url: '(.+?)'""", html)
        loaded = ["".join(found) for found in addresses]
        assert any(path.endswith(".js") for path in loaded)
        assert "/openapi.json" in loaded
        for path in loaded:
            assert path.startswith("/")
            assert (await client.get(path)).status_code == 200, path
        paths = (await client.get("/openapi.json")).json()["paths"]
        assert paths.keys() == create_app().openapi()["paths"].keys()


def test_closed_docs_stay_closed() -> None:
    assert offline_docs(FastAPI(openapi_url=None)) == []


async def test_the_address_is_printed_when_the_app_has_started(
    capsys: pytest.CaptureFixture[str],
) -> None:
    incoming = iter(["lifespan.startup", "lifespan.shutdown"])
    printed = {}

    async def receive() -> Message:
        return {"type": next(incoming)}

    async def send(message: Message) -> None:
        printed[message["type"]] = capsys.readouterr().out

    await PrintWhenReady(app, "Ready")({"type": "lifespan"}, receive, send)
    assert printed == {"lifespan.startup.complete": "", "lifespan.shutdown.complete": "Ready\n"}


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001"),
        ("0.0.0.0", "http://localhost:8001"),
        ("::", "http://localhost:8001"),
        ("::1", "http://[::1]:8001"),
        ("dev.example", "http://dev.example:8001"),
    ],
)
def test_the_address_can_be_opened_in_a_browser(host: str, url: str) -> None:
    assert address(get_settings().model_copy(update={"host": host, "port": 8001})) == url


def test_a_port_in_use_is_named_with_another_one(unused_tcp_port: int) -> None:
    settings = get_settings().model_copy(update={"host": "127.0.0.1", "port": unused_tcp_port})
    check_port(settings)
    with (
        socket.create_server(("127.0.0.1", unused_tcp_port)),
        pytest.raises(SystemExit, match=rf"127\.0\.0\.1:{unused_tcp_port} cannot be used: "),
    ):
        check_port(settings)


def test_an_argument_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["dev", "--port", "8001"])
    with pytest.raises(SystemExit, match="poe dev has no arguments"):
        main()
