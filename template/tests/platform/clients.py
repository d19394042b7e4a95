"""Clients of an app in the event loop of the test, without a network or over a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp


class _OneAtATime(httpx.ASGITransport):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, raise_app_exceptions=False)
        self._lock = asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with self._lock:
            return await super().handle_async_request(request)


def client_of(app: ASGIApp, *, one_at_a_time: bool = False) -> httpx.AsyncClient:
    """Return a client that calls `app` directly; unhandled errors become 500 responses.

    Args:
        app: the app.
        one_at_a_time: let a request wait for the one before, for requests that share a connection.
    """
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=_OneAtATime(app) if one_at_a_time else transport, base_url="http://test"
    )


@asynccontextmanager
async def serving(app: FastAPI, *, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[int]:
    """Serve `app` on a free port, with its lifespan or without; yield the port."""
    config = uvicorn.Config(app, port=0, access_log=False, log_config=None, lifespan=lifespan)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110, the server has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
