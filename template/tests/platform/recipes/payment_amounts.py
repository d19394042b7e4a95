"""Payments in other currencies: a row of the database and a call of another service."""

from decimal import Decimal

from app.core.database import CurrentReader
from app.core.http.fields import PathId
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.payments import PAYMENTS, payment_crud
from tests.platform.recipes.rate_routes import Currency, CurrentRates, TraceHeaders

router = FeatureRouter(prefix=PAYMENTS, tag="payments", description="Payments of invoices.")


@router.get("/{payment_id}/amounts/{currency}", responses=problem_responses(404, 502, 504))
async def get_amount(
    payment_id: PathId,
    currency: Currency,
    reader: CurrentReader,
    rates: CurrentRates,
    headers: TraceHeaders,
) -> Decimal:
    """Get the amount of a payment in another currency."""
    payment = await payment_crud.get(reader, payment_id)
    rate = await rates.get(currency, headers)
    return round(payment.amount * rate.rate, 2)
