from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_reader
from app.core.engine.reader import Reader
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes import invoice_counts, invoice_json, invoice_lists
from tests.platform.recipes.invoice_counts import WITH_COUNT
from tests.platform.recipes.invoice_json import NESTED
from tests.platform.recipes.invoice_lists import WITH_LINES
from tests.platform.recipes.models import Invoice, InvoiceLine

AMOUNTS = ["1.10", "12345678.90", "0.01"]
DAY = date(2026, 1, 31)


@pytest.fixture
async def client(reader: Reader, session: AsyncSession) -> AsyncIterator[httpx.AsyncClient]:
    """A client, and five invoices; the first one has no lines."""
    for number in range(5):
        lines = [InvoiceLine(article=amount, amount=Decimal(amount)) for amount in AMOUNTS]
        due = DAY + timedelta(days=number % 2)
        session.add(
            Invoice(number=f"{number}", customer="Ada", due_date=due, lines=lines[: number and 3])
        )
        await session.flush()
    await session.commit()
    app = app_with(invoice_lists.router, invoice_counts.router, invoice_json.router)
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        yield client


async def pages(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or query["cursor"]:
        response = await client.get(path, params=query)
        assert response.status_code == 200, response.text
        found.append(response.json())
        query["cursor"] = found[-1]["next_cursor"]
    return found


@pytest.mark.parametrize("path", [WITH_LINES, NESTED])
async def test_lines_are_exact_in_order_and_complete(client: httpx.AsyncClient, path: str) -> None:
    ((first, *others),) = [page["items"] for page in await pages(client, path)]
    assert first["lines"] == []
    assert [[line["amount"] for line in each["lines"]] for each in others] == [AMOUNTS] * 4


async def test_both_ways_give_the_same_answer(client: httpx.AsyncClient) -> None:
    query = {"limit": 2, "total": True, "sort": "-due_date", "article": "1.10"}
    found = await pages(client, WITH_LINES, **query)
    assert found == await pages(client, NESTED, **query)
    assert [len(page["items"]) for page in found] == [2, 2]
    assert [page["total"] for page in found] == [4, 4]


@pytest.mark.parametrize("path", [WITH_LINES, NESTED, WITH_COUNT])
async def test_filters_cursors_and_totals_are_those_of_rows(
    client: httpx.AsyncClient, path: str
) -> None:
    found = await pages(client, path, limit=2, total=True, due_before="2026-02-01")
    assert [[item["number"] for item in page["items"]] for page in found] == [["0", "2"], ["4"]]
    assert [page["total"] for page in found] == [3, 3]
    response = await client.get(f"{path}?cursor={found[0]['next_cursor']}&sort=customer")
    assert response.status_code == 404


@pytest.mark.parametrize(("path", "expected"), [(WITH_LINES, 2), (NESTED, 1), (WITH_COUNT, 1)])
async def test_the_number_of_statements_does_not_grow_with_the_rows(
    client: httpx.AsyncClient, statements: list[str], path: str, expected: int
) -> None:
    statements.clear()
    await client.get(path)
    assert len(statements) == expected


async def test_a_list_can_count(client: httpx.AsyncClient) -> None:
    (page,) = await pages(client, WITH_COUNT)
    assert [item["line_count"] for item in page["items"]] == [0, 3, 3, 3, 3]
