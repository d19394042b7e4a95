"""The rates of currencies, which come from another service."""

import asyncio
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field
from structlog import get_logger

from app.core.errors import NotFoundError
from tests.platform.recipes.service_client import ServiceClient, ServiceError

logger = get_logger(__name__)


class Rate(BaseModel):
    currency: Annotated[str, Field(description="A currency code of ISO 4217.")]
    rate: Annotated[Decimal, Field(description="The price of a unit in this currency.")]


class Rates:
    """The rates of the rate service, and the latest one of the dollar in memory."""

    def __init__(self, service: ServiceClient) -> None:
        self._service = service
        self.dollar: Rate | None = None

    async def get(self, currency: str, headers: dict[str, str] | None = None) -> Rate:
        """Return the rate of a currency; `headers` are those of `trace_headers`.

        Raises:
            NotFoundError: when the service does not know the currency.
            ServiceError: when the service does not respond as expected.
        """
        try:
            return await self._service.get(f"/rates/{currency}", Rate, headers or {})
        except ServiceError as error:
            if error.answer == 404:
                raise NotFoundError(f"There is no rate for {currency}.") from None
            raise

    async def refresh(self, seconds: float) -> None:
        """Read the rate of the dollar every `seconds`, until cancelled."""
        while True:
            try:
                self.dollar = await self.get("USD")
            except Exception:
                logger.exception("refresh_failed")
            await asyncio.sleep(seconds)
