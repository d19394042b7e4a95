"""Reads from a replica: a list that may be a moment old, and a row that may not."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.core.database import CurrentReader
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from app.core.replica import CurrentReplicaReader
from tests.platform.recipes.invoices import InvoiceQuery, InvoiceRead, invoice_crud

INVOICES = "/api/v1/old-invoices"
router = FeatureRouter(prefix=INVOICES, tag="old invoices", description="Invoices.")


@router.get("", responses=problem_responses(404))
async def list_old_invoices(
    query: Annotated[InvoiceQuery, Query()], reader: CurrentReplicaReader
) -> Page[InvoiceRead]:
    """List invoices; changes of the last moment may be missing."""
    return await invoice_crud.list(reader, query)


@router.get("/{invoice_id}", responses=problem_responses(404))
async def get_new_invoice(invoice_id: UUID, reader: CurrentReader) -> InvoiceRead:
    """Return an invoice as it is now, so that clients see their own changes."""
    return await invoice_crud.get(reader, invoice_id)
