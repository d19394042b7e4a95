from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import ColumnElement
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_reader, read_session_factory
from app.core.engine.reader import Reader
from app.core.errors import NotFoundError
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.invoices import (
    INVOICES,
    InvoiceCreate,
    InvoiceCRUD,
    InvoiceQuery,
    InvoiceRead,
    invoice_crud,
    router,
)
from tests.platform.recipes.models import Invoice, InvoiceLine

DAY = date(2026, 1, 31)


@pytest.fixture
async def client(reader: Reader) -> AsyncIterator[httpx.AsyncClient]:
    app = app_with(router)
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        yield client


async def add(session: AsyncSession, count: int, customer: str = "Ada") -> list[Invoice]:
    invoices = [
        Invoice(
            number=f"{customer} {number}",
            customer=customer,
            due_date=DAY - timedelta(days=number % 3),
            lines=[InvoiceLine(article=f"{n}", amount=Decimal("0.10")) for n in range(3)],
        )
        for number in range(count)
    ]
    session.add_all(invoices)
    await session.commit()
    return invoices


async def test_own_statements_obey_the_criteria(session: AsyncSession) -> None:
    class OfAda(InvoiceCRUD):
        def criteria(self) -> Sequence[ColumnElement[bool]]:
            return [*super().criteria(), Invoice.customer == "Ada"]

    crud = OfAda(Invoice, InvoiceRead)
    (own,), (other,) = await add(session, 1), await add(session, 1, "Bob")
    assert (await crud.get_with_lines(session, own.id)).id == own.id
    with pytest.raises(NotFoundError):
        await crud.get_with_lines(session, other.id)
    assert await crud.get_due(session, DAY, limit=100) == [own]
    assert [row[0] for row in await crud.turnover(session)] == ["Ada"]


async def test_relationships_need_two_statements_for_any_number_of_rows(
    session: AsyncSession, statements: list[str]
) -> None:
    await add(session, 10)
    statements.clear()
    async with read_session_factory() as reader:
        invoices = await invoice_crud.get_due(reader, DAY, limit=100)
    assert [len(invoice.lines) for invoice in invoices] == [3] * 10
    assert len(statements) == 2


async def test_a_relationship_that_was_not_loaded_is_an_error(session: AsyncSession) -> None:
    (invoice,) = await add(session, 1)
    async with read_session_factory() as reader:
        found = await reader.get_one(Invoice, invoice.id)
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = found.lines
        assert found == invoice
        assert repr(found).startswith("Invoice(")


async def test_deleting_an_invoice_deletes_its_lines(session: AsyncSession) -> None:
    (invoice,) = await add(session, 1)
    session.expunge_all()
    found = await session.get_one(Invoice, invoice.id)
    await invoice_crud.delete(session, found)
    assert await session.get(InvoiceLine, invoice.lines[0].id) is None


@pytest.mark.parametrize("sort", ["id", "-id", "due_date", "-due_date", "-created_at"])
async def test_cursors_visit_every_uuid_once(session: AsyncSession, sort: str) -> None:
    await add(session, 7)
    query = InvoiceQuery.model_validate({"sort": sort, "limit": 2})
    whole = await invoice_crud.list(session, query.model_copy(update={"limit": 100}))
    seen, more = [], True
    while more:
        page = await invoice_crud.list(session, query)
        seen += [row.id for row in page.items]
        query = query.model_copy(update={"cursor": page.next_cursor})
        more = page.next_cursor is not None
    assert seen == [row.id for row in whole.items]
    assert len(set(seen)) == 7


async def test_uuids_are_listed_in_the_order_of_their_creation(session: AsyncSession) -> None:
    ids = [(await add(session, 1, customer=str(number)))[0].id for number in range(5)]
    page = await invoice_crud.list(session, InvoiceQuery())
    assert [row.id for row in page.items] == ids


async def test_a_uuid_is_the_key_over_http(client: httpx.AsyncClient) -> None:
    values = {"number": "1", "customer": "Ada", "due_date": "2026-01-31"}
    created = (await client.post(INVOICES, json=values)).json()
    assert UUID(created["id"]).version == 7
    read = (await client.get(f"{INVOICES}/{created['id']}")).json()
    assert read == created | {"lines": []}
    assert (await client.get(INVOICES)).json()["items"] == [created]
    assert (await client.get(f"{INVOICES}/{uuid4()}")).status_code == 404
    assert (await client.get(f"{INVOICES}/1")).status_code == 422


async def test_a_change_of_an_outdated_version_is_409(
    client: httpx.AsyncClient,
) -> None:
    values = {"number": "1", "customer": "Ada", "due_date": "2026-01-31"}
    created = (await client.post(INVOICES, json=values)).json()
    path = f"{INVOICES}/{created['id']}"
    change = {"version": created["version"], "customer": "Grace"}
    changed = (await client.patch(path, json=change)).json()
    assert changed == created | {"version": created["version"] + 1, "customer": "Grace"}
    assert (await client.patch(path, json=change | {"customer": "Eve"})).status_code == 409
    assert (await client.patch(path, json={"customer": "Eve"})).status_code == 422
    missing = f"{INVOICES}/{uuid4()}"
    assert (await client.patch(missing, json=change)).status_code == 404
    assert (await client.get(path)).json()["customer"] == "Grace"


async def test_sums_are_computed_by_the_database(session: AsyncSession) -> None:
    await add(session, 2, customer="Grace")
    await add(session, 1, customer="Ada")
    rows = [tuple(row) for row in await invoice_crud.turnover(session)]
    assert rows == [("Ada", 1, Decimal("0.30")), ("Grace", 2, Decimal("0.60"))]


async def test_a_savepoint_rolls_back_one_part_only(session: AsyncSession) -> None:
    invoices = [
        InvoiceCreate(number=number, customer="Ada", due_date=DAY) for number in ("1", "2", "1")
    ]
    assert await invoice_crud.create_new(session, invoices) == ["1"]
    await session.commit()
    page = await invoice_crud.list(session, InvoiceQuery())
    assert [row.number for row in page.items] == ["1", "2"]
