from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.core.database import get_reader
from app.core.engine.reader import Reader
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.recipes.invoice_lists import LISTS, router
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
    app = create_app()
    app.dependency_overrides[get_reader] = lambda: reader
    app.include_router(router)
    async with client_of(app) as client:
        yield client


@pytest.fixture
def statements(connection: AsyncConnection) -> list[str]:
    """The statements that are sent to the database from here on."""
    sent: list[str] = []

    @event.listens_for(connection.sync_connection, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, *others: object) -> None:
        if "SAVEPOINT" not in statement:
            sent.append(statement)

    return sent


async def pages(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or query["cursor"]:
        response = await client.get(f"{LISTS}/{path}", params=query)
        assert response.status_code == 200, response.text
        found.append(response.json())
        query["cursor"] = found[-1]["next_cursor"]
    return found


@pytest.mark.parametrize("path", ["with-lines", "nested"])
async def test_lines_are_exact_in_order_and_complete(client: httpx.AsyncClient, path: str) -> None:
    ((first, *others),) = [page["items"] for page in await pages(client, path)]
    assert first["lines"] == []
    assert [[line["amount"] for line in each["lines"]] for each in others] == [AMOUNTS] * 4


async def test_both_ways_give_the_same_answer(client: httpx.AsyncClient) -> None:
    query = {"limit": 2, "total": True, "sort": "-due_date", "article": "1.10"}
    found = await pages(client, "with-lines", **query)
    assert found == await pages(client, "nested", **query)
    assert [len(page["items"]) for page in found] == [2, 2]
    assert [page["total"] for page in found] == [4, 4]


@pytest.mark.parametrize("path", ["with-lines", "nested", "with-count"])
async def test_filters_cursors_and_totals_are_those_of_rows(
    client: httpx.AsyncClient, path: str
) -> None:
    found = await pages(client, path, limit=2, total=True, due_before="2026-02-01")
    assert [[item["number"] for item in page["items"]] for page in found] == [["0", "2"], ["4"]]
    assert [page["total"] for page in found] == [3, 3]
    response = await client.get(f"{LISTS}/{path}?cursor={found[0]['next_cursor']}&sort=customer")
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("path", "expected"), [("with-lines", 2), ("nested", 1), ("with-count", 1)]
)
async def test_the_number_of_statements_does_not_grow_with_the_rows(
    client: httpx.AsyncClient, statements: list[str], path: str, expected: int
) -> None:
    await client.get(f"{LISTS}/{path}")
    assert len(statements) == expected


async def test_a_list_can_count(client: httpx.AsyncClient) -> None:
    (page,) = await pages(client, "with-count")
    assert [item["line_count"] for item in page["items"]] == [0, 3, 3, 3, 3]
