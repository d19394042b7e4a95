"""Invoices: a UUID key, a version that clients send back, and a relationship."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import MISSING, BaseModel, Field
from sqlalchemy import Row, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.core.crud import CRUDBase
from app.core.database import CurrentReader, CurrentSession, CurrentSessionTransaction
from app.core.errors import NotFoundError
from app.core.http.fields import SingleLine
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.core.pagination import Page, PageQuery
from tests.platform.recipes.models import Invoice, InvoiceLine

INVOICES = "/api/v1/invoices"

Customer = Annotated[SingleLine, Field(max_length=100)]


class InvoiceCreate(BaseModel):
    number: Annotated[SingleLine, Field(max_length=20)]
    customer: Customer
    due_date: date


class InvoiceUpdate(BaseModel):
    version: int = Field(ge=1, le=2**31 - 1, exclude=True)
    customer: Customer | MISSING = MISSING
    due_date: date | MISSING = MISSING


class InvoiceRead(BaseModel):
    id: UUID
    number: str
    customer: str
    due_date: date
    version: int
    created_at: datetime


class InvoiceLineRead(BaseModel):
    article: str
    amount: Decimal


class InvoiceWithLines(InvoiceRead):
    lines: list[InvoiceLineRead]


class InvoiceQuery(PageQuery, model=Invoice):
    sort: Literal["id", "-id", "due_date", "-due_date", "-created_at"] = "id"


class InvoiceCRUD(CRUDBase[Invoice, InvoiceCreate, InvoiceUpdate, InvoiceRead, UUID]):
    async def get_with_lines(self, session: AsyncSession, key: UUID) -> InvoiceWithLines:
        """Return an invoice with its lines.

        Raises:
            NotFoundError: when there is none.
        """
        statement = select(Invoice).where(Invoice.id == key, *self.criteria())
        invoice = await session.scalar(statement.options(selectinload(Invoice.lines)))
        if invoice is None:
            raise NotFoundError(f"There is no invoice {key}.")
        return InvoiceWithLines.model_validate(invoice, from_attributes=True)

    async def get_due(self, session: AsyncSession, day: date, limit: int) -> Sequence[Invoice]:
        """Return the invoices due until `day` with their lines, by two statements."""
        statement = select(Invoice).where(Invoice.due_date <= day, *self.criteria())
        statement = statement.order_by(Invoice.id).limit(limit)
        statement = statement.options(selectinload(Invoice.lines))
        return (await session.scalars(statement)).all()

    async def turnover(self, session: AsyncSession) -> Sequence[Row[str, int, Decimal]]:
        """Return the number of invoices and the total amount of each customer."""
        statement = (
            select(
                Invoice.customer,
                func.count(Invoice.id.distinct()).label("invoices"),
                func.sum(InvoiceLine.amount).label("amount"),
            )
            .join(Invoice.lines)
            .where(*self.criteria())
            .group_by(Invoice.customer)
            .order_by(Invoice.customer)
        )
        return (await session.execute(statement)).all()

    async def create_new(self, session: AsyncSession, invoices: list[InvoiceCreate]) -> list[str]:
        """Add the invoices with a new number; return the numbers of the others."""
        refused = []
        for invoice in invoices:
            try:
                async with session.begin_nested():
                    await self.create(session, invoice)
            except IntegrityError:
                refused.append(invoice.number)
        return refused


invoice_crud = InvoiceCRUD(Invoice, InvoiceRead)
router = FeatureRouter(prefix=INVOICES, tag="invoices", description="Invoices.")


@router.post("", status_code=201, responses=CREATED | problem_responses(409))
async def create_invoice(
    values: InvoiceCreate, session: CurrentSessionTransaction, request: Request, response: Response
) -> InvoiceRead:
    invoice = await invoice_crud.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{invoice.id}"
    return invoice


@router.get("", responses=problem_responses(404))
async def list_invoices(
    query: Annotated[InvoiceQuery, Query()], reader: CurrentReader
) -> Page[InvoiceRead]:
    return await invoice_crud.list(reader, query)


@router.get("/{invoice_id}", responses=problem_responses(404))
async def get_invoice(invoice_id: UUID, session: CurrentSession) -> InvoiceWithLines:
    return await invoice_crud.get_with_lines(session, invoice_id)


@router.patch("/{invoice_id}", responses=problem_responses(404, 409))
async def update_invoice(
    invoice_id: UUID, values: InvoiceUpdate, session: CurrentSessionTransaction
) -> InvoiceRead:
    invoice = await invoice_crud.get_for_update(session, invoice_id)
    invoice.require_version(values.version)
    return await invoice_crud.update(session, invoice, values)
