"""Reads of a CRUD class with relationships: stored rows, criteria, nested relationships."""

from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import ColumnElement, inspect, literal
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.core.crud import CRUDBase
from app.core.errors import NotFoundError
from app.core.listing import LoadOption
from tests.platform.recipes.invoice_lines import (
    LineCRUD,
    LineQuery,
    LineRead,
    LineUpdate,
    line_crud,
)
from tests.platform.recipes.invoice_lines_data import add_invoices, pencil
from tests.platform.recipes.invoices import InvoiceCRUD, InvoiceRead, InvoiceWithLines
from tests.platform.recipes.models import Invoice, InvoiceLine, Stock


class NumberedLine(BaseModel):
    id: int
    number: int


class LineWithAll(BaseModel):
    invoice: InvoiceWithLines


class WithLines(InvoiceCRUD):
    def relationships(self) -> Sequence[LoadOption]:
        return [selectinload(Invoice.lines)]


class WithAll(CRUDBase[InvoiceLine, Any, Any, LineWithAll, int]):
    def relationships(self) -> Sequence[LoadOption]:
        invoice = joinedload(InvoiceLine.invoice)
        return [invoice.options(*WithLines(Invoice, InvoiceRead).relationships())]


async def test_a_row_is_read_as_it_is_stored(session: AsyncSession) -> None:
    ada, bob = await add_invoices(session, "Ada", "Bob")
    created = await line_crud.create(session, pencil(ada))
    line = await line_crud.get_for_update(session, created.id)
    assert (await line_crud.get(session, created.id)).invoice.customer == "Ada"
    line.invoice_id, bob.customer = bob.id, "Grace"
    assert (await line_crud.get(session, created.id)).invoice.customer == "Grace"


async def test_criteria_are_obeyed_and_an_update_may_leave_them(session: AsyncSession) -> None:
    ada, bob = await add_invoices(session, "Ada", "Bob")

    class OfAda(LineCRUD):
        def criteria(self) -> Sequence[ColumnElement[bool]]:
            return [InvoiceLine.invoice_id == ada.id]

    crud = OfAda(InvoiceLine, LineRead)
    created = await crud.create(session, pencil(ada))
    assert (await crud.list(session, LineQuery())).items == [created]
    line = await crud.get_for_update(session, created.id)
    updated = await crud.update(session, line, LineUpdate(invoice_id=bob.id))
    assert updated.invoice.customer == "Bob"
    with pytest.raises(NotFoundError):
        await crud.get(session, created.id)
    assert (await crud.list(session, LineQuery())).items == []


async def test_a_related_row_may_have_related_rows(
    session: AsyncSession, statements: list[str]
) -> None:
    created = await line_crud.create(session, pencil(*await add_invoices(session, "Ada")))
    statements.clear()
    found = await WithAll(InvoiceLine, LineWithAll).get(session, created.id)
    assert [line.article for line in found.invoice.lines] == ["Pencil"]
    assert len(statements) == 2


async def test_the_related_rows_of_a_related_row_are_the_stored_ones(session: AsyncSession) -> None:
    ada, bob = await add_invoices(session, "Ada", "Bob")
    first, second = [await line_crud.create(session, pencil(invoice)) for invoice in (ada, bob)]
    crud = WithAll(InvoiceLine, LineWithAll)
    assert len((await crud.get(session, first.id)).invoice.lines) == 1
    moved = await line_crud.get_for_update(session, second.id)
    moved.invoice_id = ada.id
    assert len((await crud.get(session, first.id)).invoice.lines) == 2


async def test_an_entity_without_relationships_stays_as_it_is(session: AsyncSession) -> None:
    stock = Stock(article="Pencil", quantity=3)
    session.add(stock)
    created = await line_crud.create(session, pencil(*await add_invoices(session, "Ada")))
    stock.quantity = 4
    await line_crud.get(session, created.id)
    assert "quantity" not in inspect(stock).expired_attributes


async def test_more_columns_need_no_relationship(session: AsyncSession) -> None:
    created = await line_crud.create(session, pencil(*await add_invoices(session, "Ada")))
    number = literal(7).label("number")
    page = await line_crud.list_with(session, LineQuery(), NumberedLine, number)
    assert page.items == [NumberedLine(id=created.id, number=7)]
