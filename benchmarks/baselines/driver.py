"""FastAPI on the bare driver: asyncpg and Pydantic, no ORM, no log, no middleware."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import FastAPI, HTTPException, Query

from benchmarks.baselines.common import (
    DRIVER_POOL,
    INSERT,
    PREFIX,
    SELECT,
    SELECT_PAGE,
    ProductCreate,
    ProductPage,
    ProductRead,
    page,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], **DRIVER_POOL) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get(PREFIX, response_model=ProductPage)
async def list_products(limit: Annotated[int, Query(ge=1, le=100)] = 50) -> Any:
    rows = await app.state.pool.fetch(SELECT_PAGE, limit + 1)
    return page([dict(row) for row in rows], limit)


@app.get(PREFIX + "/{product_id}", response_model=ProductRead)
async def get_product(product_id: int) -> Any:
    row = await app.state.pool.fetchrow(SELECT, product_id)
    if row is None:
        raise HTTPException(404)
    return dict(row)


@app.post(PREFIX, response_model=ProductRead, status_code=201)
async def create_product(values: ProductCreate) -> Any:
    now = datetime.now(UTC)
    row = await app.state.pool.fetchrow(INSERT, *values.model_dump().values(), now, now)
    return dict(row)
