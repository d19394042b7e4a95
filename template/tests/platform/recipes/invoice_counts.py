"""A list of invoices with the number of their lines, by one statement."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import Label, func, select

from app.core.database import CurrentReader
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from tests.platform.recipes.invoice_search import InvoiceSearch
from tests.platform.recipes.invoices import InvoiceRead, invoice_crud
from tests.platform.recipes.models import Invoice, InvoiceLine

WITH_COUNT = "/api/v1/invoices-with-count"

router = FeatureRouter(prefix=WITH_COUNT, tag="invoices", description="Invoices.")


class InvoiceWithCount(InvoiceRead):
    line_count: int


def line_count() -> Label[int]:
    """Return the number of an invoice's lines as a column."""
    lines = select(func.count()).where(InvoiceLine.invoice_id == Invoice.id)
    return lines.correlate(Invoice).scalar_subquery().label("line_count")


@router.get("", responses=problem_responses(404))
async def list_invoices_with_count(
    query: Annotated[InvoiceSearch, Query()], reader: CurrentReader
) -> Page[InvoiceWithCount]:
    """List invoices with the number of their lines, by one statement."""
    return await invoice_crud.list_with(reader, query, InvoiceWithCount, line_count())
