"""The API of stock, version 2."""

from fastapi import Request, Response

from app.core.crud import CRUDBase
from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.http.fields import PathId
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from tests.platform.recipes.models import Stock
from tests.platform.recipes.orders import StockUpdate
from tests.platform.recipes.stock_routes import get_quantity
from tests.platform.recipes.stock_schemas_v2 import StockCreateV2, StockReadV2

router = FeatureRouter(prefix="/stock", tag="stock", description="Articles in stock.")


class StockCRUDV2(CRUDBase[Stock, StockCreateV2, StockUpdate, StockReadV2, int]):
    """Version 2 of the schemas on the same rows."""


stock_crud_v2 = StockCRUDV2(Stock, StockReadV2)


@router.post("", status_code=201, responses=CREATED | problem_responses(409))
async def create_stock(
    values: StockCreateV2, session: CurrentSessionTransaction, request: Request, response: Response
) -> StockReadV2:
    """Create an article."""
    stock = await stock_crud_v2.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{stock.id}"
    return stock


@router.get("/{stock_id}", responses=problem_responses(404))
async def get_stock(stock_id: PathId, reader: CurrentReader) -> StockReadV2:
    """Get an article."""
    return await stock_crud_v2.get(reader, stock_id)


router.get("/{stock_id}/quantity", responses=problem_responses(404))(get_quantity)
