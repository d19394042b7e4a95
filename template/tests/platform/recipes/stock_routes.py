"""The API of stock, version 1, which ends."""

from datetime import date

from app.core.database import CurrentReader
from app.core.http.deprecation import Deprecation
from app.core.http.fields import PathId
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.orders import StockRead, stock_crud

router = FeatureRouter(
    prefix="/stock",
    tag="stock",
    description="Articles in stock.",
    deprecation=Deprecation(
        since=date(2026, 3, 1), sunset=date(2026, 9, 1), successor="/api/v2/stock"
    ),
)


@router.get("/{stock_id}", responses=problem_responses(404))
async def get_stock(stock_id: PathId, reader: CurrentReader) -> StockRead:
    """Get an article."""
    return await stock_crud.get(reader, stock_id)


@router.get("/{stock_id}/quantity", responses=problem_responses(404))
async def get_quantity(stock_id: PathId, reader: CurrentReader) -> int:
    """Get the number of an article in stock."""
    return (await stock_crud.get(reader, stock_id)).quantity
