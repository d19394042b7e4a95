"""The readiness of the rates of currencies."""

from fastapi import Request

from tests.platform.recipes.rates import Rates


async def check(request: Request) -> str | None:
    """Return why this process cannot serve rates yet; None if it can."""
    rates: Rates = request.state.rates
    return None if rates.dollar else "the rate of the dollar is not read yet"
