"""Orders: logic over two CRUD classes, in one transaction."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import CRUDBase
from app.core.database import CurrentSessionTransaction
from app.core.errors import ConflictError
from app.core.http.fields import BodyId, Integer, SingleLine
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.invoices import Customer, InvoiceCreate, InvoiceRead, invoice_crud
from tests.platform.recipes.models import Stock

ORDERS = "/api/v1/orders"

Quantity = Annotated[int, Integer(ge=0)]


class StockCreate(BaseModel):
    article: Annotated[SingleLine, Field(max_length=100)]
    quantity: Quantity = 0


class StockUpdate(BaseModel):
    quantity: Quantity


class StockRead(BaseModel):
    id: int
    article: str
    quantity: int


class OrderCreate(BaseModel):
    stock_id: BodyId
    quantity: Annotated[int, Integer(ge=1)]
    number: Annotated[SingleLine, Field(max_length=20)]
    customer: Customer
    due_date: date


stock_crud = CRUDBase[Stock, StockCreate, StockUpdate, StockRead, int](Stock, StockRead)
router = FeatureRouter(prefix=ORDERS, tag="orders", description="Orders of articles in stock.")


async def place_order(session: AsyncSession, order: OrderCreate) -> InvoiceRead:
    """Reduce the stock and create the invoice: both are stored, or neither.

    Raises:
        NotFoundError: when there is no such article.
        ConflictError: when there is not enough in stock.
    """
    stock = await stock_crud.get_for_update(session, order.stock_id)
    if stock.quantity < order.quantity:
        raise ConflictError(f"There are only {stock.quantity} of {stock.article}.")
    remaining = StockUpdate(quantity=stock.quantity - order.quantity)
    await stock_crud.update(session, stock, remaining)
    invoice = InvoiceCreate(number=order.number, customer=order.customer, due_date=order.due_date)
    return await invoice_crud.create(session, invoice)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def create_order(order: OrderCreate, session: CurrentSessionTransaction) -> InvoiceRead:
    """Order an article in stock."""
    return await place_order(session, order)
