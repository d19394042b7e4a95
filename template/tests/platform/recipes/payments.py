"""Payments: a POST that is safe to send again."""

from decimal import Decimal
from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crud import CRUDBase
from app.core.database import CurrentSessionTransaction
from app.core.http.fields import FixedPoint, SingleLine
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.models.base import IntegerPrimaryKey, Timestamps
from tests.platform.database_server import PRICE
from tests.platform.recipes.idempotency import CurrentIdempotency
from tests.platform.recipes.models import Base

PAYMENTS = "/api/v1/payments"


class Payment(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "payment"

    reference: Mapped[str] = mapped_column(String(20), unique=True)
    amount: Mapped[Decimal] = mapped_column(PRICE)


class PaymentCreate(BaseModel):
    reference: Annotated[SingleLine, Field(max_length=20)]
    amount: Annotated[Decimal, FixedPoint(max_digits=10, decimal_places=2)]


class PaymentRead(PaymentCreate):
    id: int


payment_crud = CRUDBase[Payment, PaymentCreate, PaymentCreate, PaymentRead, int](
    Payment, PaymentRead
)
router = FeatureRouter(prefix=PAYMENTS, tag="payments", description="Payments of invoices.")


@router.post("", status_code=201, responses=CREATED | problem_responses(409))
async def create_payment(
    values: PaymentCreate,
    session: CurrentSessionTransaction,
    idempotency: CurrentIdempotency,
    request: Request,
    response: Response,
) -> PaymentRead:
    """Create a payment, once for each Idempotency-Key."""
    payment = await idempotency.once(PaymentRead, lambda: payment_crud.create(session, values))
    response.headers["Location"] = f"{request.scope['path']}/{payment.id}"
    return payment
