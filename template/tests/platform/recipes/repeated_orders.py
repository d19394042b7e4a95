"""Orders that run again after a conflict with another one."""

from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.retry import run_transaction
from tests.platform.recipes.invoices import InvoiceRead
from tests.platform.recipes.orders import ORDERS, OrderCreate, place_order

router = FeatureRouter(prefix=ORDERS, tag="orders", description="Orders of articles in stock.")


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def create_order(order: OrderCreate) -> InvoiceRead:
    """Order an article in stock; a conflict with another order is no error."""
    return await run_transaction(lambda session: place_order(session, order))
