"""Invoices: a UUID key, a version that clients send back, and a relation."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.core.crud import CRUDBase
from app.core.database import CurrentReader, CurrentSession, CurrentSessionTransaction
from app.core.pagination import Page, PageQuery
from app.core.problems import problems
from app.core.routing import FeatureRouter
from app.core.schemas import Line, Omittable
from tests.recipes.models import Invoice, InvoiceLine

INVOICES = "/api/v1/invoices"

Customer = Annotated[Line, Field(max_length=100)]


class InvoiceCreate(BaseModel):
    number: Annotated[Line, Field(max_length=20)]
    customer: Customer
    due_date: date


class InvoiceUpdate(BaseModel):
    version: int = Field(ge=1, le=2**31 - 1, exclude=True)
    customer: Omittable[Customer] = None
    due_date: Omittable[date] = None


class InvoiceRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    customer: str
    due_date: date
    version: int
    created_at: datetime


class InvoiceLineRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    article: str
    amount: Decimal


class InvoiceWithLines(InvoiceRead):
    lines: list[InvoiceLineRead]


class InvoiceQuery(PageQuery):
    sort: Literal["id", "-id", "due_date", "-due_date", "-created_at"] = "id"


class InvoiceCRUD(CRUDBase[Invoice, UUID]):
    async def get_with_lines(self, session: AsyncSession, key: UUID) -> Invoice | None:
        """Return one invoice with its lines, or None."""
        return await session.get(Invoice, key, options=[selectinload(Invoice.lines)])

    async def get_due(self, session: AsyncSession, day: date, limit: int) -> Sequence[Invoice]:
        """Return the invoices due until `day` with their lines, in two statements for all."""
        statement = select(Invoice).where(Invoice.due_date <= day).order_by(Invoice.id).limit(limit)
        statement = statement.options(selectinload(Invoice.lines))
        return (await session.scalars(statement)).all()

    async def turnover(self, session: AsyncSession) -> Sequence[Row[str, int, Decimal]]:
        """Return the number of invoices and their sum for each customer."""
        statement = (
            select(
                Invoice.customer,
                func.count(Invoice.id.distinct()).label("invoices"),
                func.sum(InvoiceLine.amount).label("amount"),
            )
            .join(Invoice.lines)
            .group_by(Invoice.customer)
            .order_by(Invoice.customer)
        )
        return (await session.execute(statement)).all()

    async def create_new(self, session: AsyncSession, invoices: list[InvoiceCreate]) -> list[str]:
        """Add the invoices whose number is new; return the numbers of the others."""
        refused = []
        for invoice in invoices:
            try:
                async with session.begin_nested():
                    await self.create(session, invoice)
            except IntegrityError:
                refused.append(invoice.number)
        return refused


invoice_crud = InvoiceCRUD(Invoice)
router = FeatureRouter(prefix=INVOICES)


@router.post("", response_model=InvoiceRead, status_code=201, responses=problems(409))
async def create_invoice(values: InvoiceCreate, session: CurrentSessionTransaction) -> Any:
    return await invoice_crud.create(session, values)


@router.get("", response_model=Page[InvoiceRead], responses=problems(404))
async def list_invoices(query: Annotated[InvoiceQuery, Query()], reader: CurrentReader) -> Any:
    return await invoice_crud.list(reader, query)


@router.get("/{invoice_id}", response_model=InvoiceWithLines, responses=problems(404))
async def get_invoice(invoice_id: UUID, session: CurrentSession) -> Any:
    invoice = await invoice_crud.get_with_lines(session, invoice_id)
    if invoice is None:
        raise HTTPException(404, f"There is no invoice {invoice_id}.")
    return invoice


@router.patch("/{invoice_id}", response_model=InvoiceRead, responses=problems(404, 409))
async def update_invoice(
    invoice_id: UUID, values: InvoiceUpdate, session: CurrentSessionTransaction
) -> Any:
    invoice = await invoice_crud.get(session, invoice_id, lock=True)
    if invoice is None:
        raise HTTPException(404, f"There is no invoice {invoice_id}.")
    invoice.require_version(values.version)
    return await invoice_crud.update(session, invoice, values)
