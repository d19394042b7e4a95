"""Server-sent events: the stock of an article, each time that it changes."""

import asyncio
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Annotated

from fastapi import Depends
from fastapi.sse import EventSourceResponse

from app.core.database import CurrentReader
from app.core.errors import NotFoundError
from app.core.http.fields import PathId
from app.core.http.health import readiness
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.orders import StockRead, stock_crud

STOCK = "/api/v1/stock"
POLL_SECONDS = 1.0

router = FeatureRouter(prefix=STOCK, tag="stock", description="The stock of articles.")


async def get_stock(stock_id: PathId, reader: CurrentReader) -> StockRead:
    """Dependency: the stock, or 404; a stream that has started has no status any more."""
    return await stock_crud.get(reader, stock_id)


@router.get(
    "/{stock_id}/events", response_class=EventSourceResponse, responses=problem_responses(404)
)
async def stream_stock(
    stock: Annotated[StockRead, Depends(get_stock)], reader: CurrentReader
) -> AsyncIterable[StockRead]:
    """Send the stock of an article now and after each change."""
    yield stock
    with suppress(NotFoundError):  # when it is deleted, the stream ends
        while not readiness.stopping:
            await asyncio.sleep(POLL_SECONDS)
            newest = await stock_crud.get(reader, stock.id)
            if newest != stock:
                stock = newest
                yield stock
