"""Lists of invoices with their lines, by the same pages, filters and cursors as invoices."""

from decimal import Decimal
from operator import attrgetter
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel
from sqlalchemy import JSON, Label, String, cast, func, select
from sqlalchemy.orm import selectinload

from app.core.database import CurrentReader, CurrentSession
from app.core.http.fields import FixedPoint
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from tests.platform.database_server import JSON_ARRAY, JSON_OBJECT
from tests.platform.recipes.invoice_search import InvoiceSearch
from tests.platform.recipes.invoices import InvoiceRead, invoice_crud
from tests.platform.recipes.models import Invoice, InvoiceLine

LISTS = "/api/v1/invoice-lists"

router = FeatureRouter(prefix=LISTS, tag="invoice lists", description="Lists of invoices.")


class LineInList(BaseModel):
    id: int
    article: str
    amount: Annotated[Decimal, FixedPoint(max_digits=10, decimal_places=2)]


def in_order(lines: list[LineInList]) -> list[LineInList]:
    """Return the lines by key: the database gives an array in any order."""
    return sorted(lines, key=attrgetter("id"))


class InvoiceInList(InvoiceRead):
    lines: Annotated[list[LineInList], AfterValidator(in_order)]


class InvoiceWithCount(InvoiceRead):
    line_count: int


def line_count() -> Label[int]:
    """Return the number of an invoice's lines as a column."""
    lines = select(func.count()).where(InvoiceLine.invoice_id == Invoice.id)
    return lines.correlate(Invoice).scalar_subquery().label("line_count")


def lines_as_json() -> Label[object]:
    """Return the lines of an invoice as a column, a list of objects."""
    amount = cast(InvoiceLine.amount, String(20))
    line = JSON_OBJECT("id", InvoiceLine.id, "article", InvoiceLine.article, "amount", amount)
    lines = select(JSON_ARRAY(line, type_=JSON)).where(InvoiceLine.invoice_id == Invoice.id)
    found = lines.correlate(Invoice).scalar_subquery()
    return func.coalesce(found, cast([], JSON), type_=JSON).label("lines")


@router.get("/with-lines", responses=problem_responses(404))
async def list_invoices_with_lines(
    query: Annotated[InvoiceSearch, Query()], session: CurrentSession
) -> Page[InvoiceInList]:
    """List invoices with their lines, by two statements."""
    return await invoice_crud.list_entities(
        session, query, InvoiceInList, selectinload(Invoice.lines)
    )


@router.get("/with-count", responses=problem_responses(404))
async def list_invoices_with_count(
    query: Annotated[InvoiceSearch, Query()], reader: CurrentReader
) -> Page[InvoiceWithCount]:
    """List invoices with the number of their lines, by one statement."""
    return await invoice_crud.list_with(reader, query, InvoiceWithCount, line_count())


@router.get("/nested", responses=problem_responses(404))
async def list_invoices_nested(
    query: Annotated[InvoiceSearch, Query()], reader: CurrentReader
) -> Page[InvoiceInList]:
    """List invoices with their lines, by one statement."""
    return await invoice_crud.list_with(reader, query, InvoiceInList, lines_as_json())
