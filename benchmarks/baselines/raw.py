"""The limit: no framework, no validation, one statement, JSON built in Rust."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import asyncpg
from pydantic_core import from_json, to_json

from benchmarks.baselines.common import DRIVER_POOL, INSERT, PREFIX, SELECT, SELECT_PAGE, page

JSON = [(b"content-type", b"application/json")]

pool: asyncpg.Pool


async def keep(connection: asyncpg.Connection) -> None:
    """Return a connection to the pool as it is, without the driver's own reset statement."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    status, content = await answer(scope, receive)
    await send({"type": "http.response.start", "status": status, "headers": JSON})
    await send({"type": "http.response.body", "body": to_json(content)})


async def lifespan(receive: Any, send: Any) -> None:
    global pool
    await receive()
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], reset=keep, **DRIVER_POOL) as pool:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def answer(scope: Any, receive: Any) -> tuple[int, Any]:
    if scope["method"] == "POST":
        return 201, await create(receive)
    if scope["path"] == PREFIX:
        query = parse_qs(scope["query_string"])
        limit = int(query.get(b"limit", [b"50"])[0])
        return 200, page([dict(row) for row in await pool.fetch(SELECT_PAGE, limit + 1)], limit)
    row = await pool.fetchrow(SELECT, int(scope["path"].rpartition("/")[2]))
    return (200, dict(row)) if row is not None else (404, {})


async def create(receive: Any) -> dict[str, Any]:
    message = await receive()
    body = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    values, now = from_json(body), datetime.now(UTC)
    row = await pool.fetchrow(
        INSERT,
        values["name"],
        values.get("description"),
        Decimal(values["price"]),
        values.get("is_active", True),
        now,
        now,
    )
    return dict(row)
