"""FastAPI on the bare driver of MySQL: asyncmy and Pydantic, no ORM, no log, no middleware."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import asyncmy
from asyncmy.cursors import DictCursor
from fastapi import FastAPI, HTTPException, Query

from benchmarks.baselines.common import (
    COLUMNS,
    MAX_OVERFLOW,
    POOL_SIZE,
    PREFIX,
    ProductCreate,
    ProductPage,
    ProductRead,
    page,
)

SELECT = f"SELECT {COLUMNS} FROM product WHERE id = %s"
SELECT_PAGE = f"SELECT {COLUMNS} FROM product ORDER BY id LIMIT %s"
INSERT = (
    "INSERT INTO product (name, description, price, is_active, created_at, updated_at)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = urlsplit(os.environ["DATABASE_URL"])
    app.state.pool = await asyncmy.create_pool(
        minsize=POOL_SIZE,
        maxsize=POOL_SIZE + MAX_OVERFLOW,
        host=url.hostname,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.path.strip("/"),
        charset="utf8mb4",
        autocommit=True,
    )
    yield
    app.state.pool.close()
    await app.state.pool.wait_closed()


app = FastAPI(lifespan=lifespan)


def in_utc(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the service shows it: MySQL has no time zones and no booleans."""
    row["is_active"] = bool(row["is_active"])
    row["created_at"] = row["created_at"].replace(tzinfo=UTC)
    row["updated_at"] = row["updated_at"].replace(tzinfo=UTC)
    return row


async def fetch(statement: str, *values: Any) -> list[dict[str, Any]]:
    async with app.state.pool.acquire() as connection, connection.cursor(DictCursor) as cursor:
        await cursor.execute(statement, values)
        return [in_utc(row) for row in await cursor.fetchall()]


@app.get(PREFIX, response_model=ProductPage)
async def list_products(limit: Annotated[int, Query(ge=1, le=100)] = 50) -> Any:
    return page(await fetch(SELECT_PAGE, limit + 1), limit)


@app.get(PREFIX + "/{product_id}", response_model=ProductRead)
async def get_product(product_id: int) -> Any:
    rows = await fetch(SELECT, product_id)
    if not rows:
        raise HTTPException(404)
    return rows[0]


@app.post(PREFIX, response_model=ProductRead, status_code=201)
async def create_product(values: ProductCreate) -> Any:
    now = datetime.now(UTC)
    row = values.model_dump() | {"created_at": now, "updated_at": now}
    stored = [v.replace(tzinfo=None) if isinstance(v, datetime) else v for v in row.values()]
    async with app.state.pool.acquire() as connection, connection.cursor() as cursor:
        await cursor.execute(INSERT, stored)
        return row | {"id": cursor.lastrowid}
