"""A list of invoices with their lines, by the same pages, filters and cursors as invoices."""

from decimal import Decimal
from operator import attrgetter
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel
from sqlalchemy.orm import selectinload

from app.core.database import CurrentSession
from app.core.http.fields import FixedPoint
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from tests.platform.recipes.invoice_search import InvoiceSearch
from tests.platform.recipes.invoices import InvoiceRead, invoice_crud
from tests.platform.recipes.models import Invoice

WITH_LINES = "/api/v1/invoices-with-lines"

router = FeatureRouter(prefix=WITH_LINES, tag="invoices", description="Invoices.")


class LineInList(BaseModel):
    id: int
    article: str
    amount: Annotated[Decimal, FixedPoint(max_digits=10, decimal_places=2)]


def in_order(lines: list[LineInList]) -> list[LineInList]:
    """Return the lines by key: the database gives an array in any order."""
    return sorted(lines, key=attrgetter("id"))


class InvoiceInList(InvoiceRead):
    lines: Annotated[list[LineInList], AfterValidator(in_order)]


@router.get("", responses=problem_responses(404))
async def list_invoices_with_lines(
    query: Annotated[InvoiceSearch, Query()], session: CurrentSession
) -> Page[InvoiceInList]:
    """List invoices with their lines, by two statements."""
    return await invoice_crud.list_entities(
        session, query, InvoiceInList, selectinload(Invoice.lines)
    )
