"""Search for invoices: ranges, lists, null, text, and a condition on another table."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy import Column, ColumnElement, select

from app.core.database import CurrentReader
from app.core.filters import AnyOf, Filter
from app.core.http.fields import SingleLine, UTCTime
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page, PageQuery
from tests.platform.recipes.invoices import Customer, InvoiceRead, invoice_crud
from tests.platform.recipes.models import Invoice, InvoiceLine

SEARCH = "/api/v1/invoice-search"

Number = Annotated[SingleLine, Field(max_length=20)]
Article = Annotated[SingleLine, Field(max_length=100)]

router = FeatureRouter(prefix=SEARCH, tag="invoice search", description="Search for invoices.")


def has_line(key: Column[UUID], article: str) -> ColumnElement[bool]:
    """Return the condition that an invoice has a line with this article."""
    lines = select(InvoiceLine.id).where(InvoiceLine.invoice_id == key)
    return lines.where(InvoiceLine.article == article).exists()


class InvoiceSearch(PageQuery, model=Invoice):
    """The query parameters of the search."""

    customer: Customer | None = None
    customer_prefix: Annotated[Customer | None, Filter("prefix", Invoice.customer)] = None
    customer_contains: Annotated[Customer | None, Filter("icontains", Invoice.customer)] = None
    number: Annotated[AnyOf[Number] | None, Filter("in", Invoice.number)] = None
    due_from: Annotated[date | None, Filter(">=", Invoice.due_date)] = None
    due_before: Annotated[date | None, Filter("<", Invoice.due_date)] = None
    created_from: Annotated[UTCTime | None, Filter(">=", Invoice.created_at)] = None
    reminded_is_null: Annotated[bool | None, Filter("is_null", Invoice.reminded_at)] = None
    article: Annotated[
        Article | None,
        Filter(has_line, Invoice.id),
        Field(description="Only invoices with a line of this article."),
    ] = None
    sort: Literal["id", "-id", "due_date", "-due_date", "customer"] = "id"


@router.get("", responses=problem_responses(404))
async def search_invoices(
    query: Annotated[InvoiceSearch, Query()], reader: CurrentReader
) -> Page[InvoiceRead]:
    """Search for invoices."""
    return await invoice_crud.list(reader, query)
