import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.core.database import reader
from scripts.dev import RefusePending
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
