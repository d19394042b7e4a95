import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from starlette.types import Message

from app.core.config import get_settings
from app.core.database import engine, session_scope
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.documents import Document
from tests.platform.recipes.uploads import (
    DOCUMENTS,
    MAX_BYTES,
    get_upload_folder,
    lifespan,
    router,
)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The app with documents; its requests commit for real."""
    app = app_with(router)
    app.dependency_overrides[get_upload_folder] = lambda: tmp_path
    yield app
    async with session_scope() as session:
        await session.execute(delete(Document))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir()]


async def test_the_start_needs_a_folder_outside_local(monkeypatch: pytest.MonkeyPatch) -> None:
    async with lifespan(FastAPI()):
        assert (await get_upload_folder()).is_dir()
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(SystemExit, match="UPLOAD_FOLDER is required"):
        async with lifespan(FastAPI()):
            pass


async def test_a_file_larger_than_the_limit_of_other_routes_is_stored(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    content = b"x" * (get_settings().request_body_limit + 1)
    response = await client.post(DOCUMENTS, content=content)
    assert response.status_code == 201
    digest = hashlib.sha256(content).hexdigest()
    assert (response.json()["size"], response.json()["sha256"]) == (len(content), digest)
    assert contents(tmp_path) == [content]


async def test_a_file_beyond_the_limit_of_the_route_is_413(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    headers = {"Content-Length": f"{MAX_BYTES + 1}"}
    response = await client.post(DOCUMENTS, content=b"x", headers=headers)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert contents(tmp_path) == []


async def test_chunks_go_to_the_file_and_no_connection_is_held(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            sizes.append(sum(map(len, contents(tmp_path))))
            held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
            yield b"x" * 100_000

    sizes: list[int] = []
    held: list[int] = []
    response = await client.post(DOCUMENTS, content=chunks())
    assert response.json()["size"] == 300_000
    assert sizes == [0, 100_000, 200_000]
    assert held == [0, 0, 0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
async def test_a_full_disk_leaves_no_file(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file = Path.open

    def open_on_full_disk(path: Path, mode: str) -> object:
        path.touch()
        return open_file(Path("/dev/full"), "wb")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 3000  # less than the buffer of the file

    monkeypatch.setattr(Path, "open", open_on_full_disk)
    assert (await client.post(DOCUMENTS, content=chunks())).status_code == 500
    assert contents(tmp_path) == []


async def test_an_upload_that_ends_early_leaves_no_file(app: FastAPI, tmp_path: Path) -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"x", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": DOCUMENTS, "headers": []}
    await app(scope | {"query_string": b""}, receive, send)
    assert sent[0]["status"] == 400
    assert contents(tmp_path) == []
