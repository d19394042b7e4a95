"""A list of invoices with their lines as JSON of the database, by one statement."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import JSON, Label, String, cast, func, literal_column, select

from app.core.database import CurrentReader
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from tests.platform.database_server import JSON_ARRAY, JSON_OBJECT
from tests.platform.recipes.invoice_lists import InvoiceInList
from tests.platform.recipes.invoice_search import InvoiceSearch
from tests.platform.recipes.invoices import invoice_crud
from tests.platform.recipes.models import Invoice, InvoiceLine

NESTED = "/api/v1/invoices-nested"

router = FeatureRouter(prefix=NESTED, tag="invoices", description="Invoices.")


def lines_as_json() -> Label[object]:
    """Return the lines of an invoice as a column, a list of objects."""
    amount = cast(InvoiceLine.amount, String(20))
    line = JSON_OBJECT("id", InvoiceLine.id, "article", InvoiceLine.article, "amount", amount)
    lines = select(JSON_ARRAY(line, type_=JSON)).where(InvoiceLine.invoice_id == Invoice.id)
    found = lines.correlate(Invoice).scalar_subquery()
    return func.coalesce(found, literal_column("'[]'"), type_=JSON).label("lines")


LINES = lines_as_json()


@router.get("", responses=problem_responses(404))
async def list_invoices_nested(
    query: Annotated[InvoiceSearch, Query()], reader: CurrentReader
) -> Page[InvoiceInList]:
    """List invoices with their lines, by one statement."""
    return await invoice_crud.list_with(reader, query, InvoiceInList, LINES)
