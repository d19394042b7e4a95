"""A WebSocket to an app in the event loop of the test, without a network.

`TestClient` runs the app in another event loop, which cannot use the pool of the test.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import Message


class Socket:
    """The client's side of a WebSocket."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[Message] = asyncio.Queue()
        self.from_app: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, text: str) -> None:
        """Send a message."""
        await self.to_app.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> Message:
        """Return the next event of the app, such as `websocket.accept` or `websocket.close`."""
        async with asyncio.timeout(10):
            return await self.from_app.get()

    async def receive_text(self) -> str:
        """Return the next message."""
        text: str = (await self.receive())["text"]
        return text


@asynccontextmanager
async def connected(app: FastAPI, path: str, **headers: str) -> AsyncIterator[Socket]:
    """Connect to `path`; leave when the block ends, and wait until the app has ended.

    The first event is `websocket.accept`, or `websocket.close` when the app refuses.
    """
    socket = Socket()
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "websocket", "path": path, "headers": raw, "query_string": b""}
    await socket.to_app.put({"type": "websocket.connect"})
    task = asyncio.create_task(app(scope, socket.to_app.get, socket.from_app.put))
    try:
        yield socket
    finally:
        await socket.to_app.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(10):
            await task
