"""The rates of currencies."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request

from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.background import running
from tests.platform.recipes.rate_settings import get_rate_settings
from tests.platform.recipes.rates import Rate, Rates
from tests.platform.recipes.service_connection import open_client, trace_headers

RATES = "/api/v1/rates"
REFRESH_SECONDS = 60.0

Currency = Annotated[str, Path(pattern="^[A-Z]{3}$", description="A currency code of ISO 4217.")]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[dict[str, Rates]]:
    """Open the client and start the loop before the first request; end both after the last."""
    settings = get_rate_settings()
    token = settings.rate_service_token.get_secret_value()
    async with open_client("rate", settings.rate_service_url, token=token) as service:
        rates = Rates(service)
        async with running(rates.refresh(REFRESH_SECONDS)):
            yield {"rates": rates}


async def get_rates(request: Request) -> Rates:
    """Dependency: the rates, from the state that `lifespan` yields."""
    rates: Rates = request.state.rates
    return rates


CurrentRates = Annotated[Rates, Depends(get_rates)]
TraceHeaders = Annotated[dict[str, str], Depends(trace_headers)]
router = FeatureRouter(
    prefix=RATES, tag="rates", description="The rates of currencies.", lifespan=lifespan
)


@router.get("/{currency}", responses=problem_responses(404, 502, 504))
async def get_rate(currency: Currency, rates: CurrentRates, headers: TraceHeaders) -> Rate:
    """Get the rate of a currency."""
    return await rates.get(currency, headers)
