from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_reader
from app.core.engine.reader import Reader
from app.models.types import utc_now
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.invoice_search import SEARCH, router
from tests.platform.recipes.models import Invoice, InvoiceLine

DAY = date(2026, 1, 31)


@pytest.fixture
async def client(reader: Reader, session: AsyncSession) -> AsyncIterator[httpx.AsyncClient]:
    """A client, and three invoices; the first one was reminded of."""
    for number, customer in enumerate(["Ada", "Adam", "100% Ada"]):
        invoice = Invoice(
            number=f"{number}",
            customer=customer,
            due_date=DAY + timedelta(days=number),
            lines=[InvoiceLine(article=f"{number}", amount=Decimal(1))],
        )
        invoice.reminded_at = None if number else utc_now()
        session.add(invoice)
        await session.flush()
    await session.commit()
    app = app_with(router)
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", "012"),
        ("customer=Ada", "0"),
        ("customer_prefix=Ada", "01"),
        ("customer_prefix=100%25", "2"),
        ("customer_prefix=%25", ""),
        ("customer_contains=ADA", "012"),
        ("number=0&number=2&number=7", "02"),
        ("due_from=2026-02-01&due_before=2026-02-02", "1"),
        ("created_from=0001-01-01T00:00:00Z", "012"),
        ("created_from=9999-12-31T23:59:59.999999Z", ""),
        ("created_from=2126-01-01T00:00:00%2B01:00", ""),
        ("reminded_is_null=true", "12"),
        ("reminded_is_null=false", "0"),
        ("article=1", "1"),
        ("article=1&reminded_is_null=false", ""),
    ],
)
async def test_invoices_are_found(client: httpx.AsyncClient, query: str, numbers: str) -> None:
    response = await client.get(f"{SEARCH}?{query}&total=true")
    assert response.status_code == 200, response.text
    page = response.json()
    assert "".join(item["number"] for item in page["items"]) == numbers
    assert page["total"] == len(numbers)


@pytest.mark.parametrize(
    "query",
    [
        "customer_prefix=",
        "customer_prefix=%00",
        "number=%0A",
        "due_from=soon",
        "created_from=2026-01-31T00:00:00",
        "created_from=9999-12-31T23:59:59-14:00",
        "reminded_is_null=maybe",
        "due_from=null",
    ],
)
async def test_a_hostile_value_is_422(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{SEARCH}?{query}")).status_code == 422
