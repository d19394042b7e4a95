"""The number of calls of Python and C functions that an app makes for a request.

python -m benchmarks.count_calls app.main:app '[["GET", "/api/v1/products/1", ""]]'

Runs in a project's environment and prints a list of numbers. They are the same in each run, unlike
seconds, so a test can compare them.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from cProfile import Profile
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import uvloop

# After this many requests, statements are prepared and caches are filled.
WARM_UP = 20
REQUESTS = 20


async def send(app: Any, method: str, url: str, body: str) -> None:
    """Send one request; raise AssertionError when it fails."""
    content, parts, response = body.encode(), urlsplit(url), []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def note(message: dict[str, Any]) -> None:
        response.append(message)

    headers = {b"host": b"127.0.0.1", b"content-length": str(len(content)).encode()}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [*headers.items(), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, note)
    assert response[0]["status"] < 300, response


async def count(app: Any, request: list[str]) -> int:
    """Return the calls for one request, after a warm-up."""
    for _ in range(WARM_UP):
        await send(app, *request)
    profile = Profile()
    with profile:
        for _ in range(REQUESTS):
            await send(app, *request)
    return round(sum(entry.callcount for entry in profile.getstats()) / REQUESTS)


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[None]:
    """Start and stop an app as a server does; FastAPI configures telemetry meanwhile."""
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    task = asyncio.create_task(app(scope, events.get, answers.put))
    await events.put({"type": "lifespan.startup"})
    assert (await answers.get())["type"] == "lifespan.startup.complete"
    yield
    await events.put({"type": "lifespan.shutdown"})
    await task


async def main(path: str, requests: str) -> None:
    module, name = path.split(":")
    app = getattr(import_module(module), name)
    async with running(app):
        counts = [await count(app, request) for request in json.loads(requests)]
    print(json.dumps(counts))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
