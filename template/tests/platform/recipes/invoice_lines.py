"""Lines of invoices: each response has the invoice of the line."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, Field
from sqlalchemy.orm import joinedload

from app.core.crud import CRUDBase
from app.core.database import CurrentSession
from app.core.http.fields import FixedPoint, PathId, SingleLine
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.listing import LoadOption
from app.core.pagination import PageQuery
from tests.platform.recipes.invoices import InvoiceRead
from tests.platform.recipes.models import InvoiceLine

LINES = "/api/v1/invoice-lines"

router = FeatureRouter(prefix=LINES, tag="invoices", description="Lines of invoices.")


class LineCreate(BaseModel):
    invoice_id: UUID
    article: Annotated[SingleLine, Field(max_length=100)]
    amount: Annotated[Decimal, FixedPoint(max_digits=10, decimal_places=2)]


class LineUpdate(BaseModel):
    invoice_id: UUID | MISSING = MISSING


class LineRead(BaseModel):
    id: int
    article: str
    amount: Decimal
    invoice: InvoiceRead


class LineQuery(PageQuery, model=InvoiceLine):
    invoice_id: UUID | None = None
    sort: Literal["id", "-id", "article"] = "id"


class LineCRUD(CRUDBase[InvoiceLine, LineCreate, LineUpdate, LineRead, int]):
    def relationships(self) -> Sequence[LoadOption]:
        return [joinedload(InvoiceLine.invoice)]


line_crud = LineCRUD(InvoiceLine, LineRead)


@router.get("/{line_id}", responses=problem_responses(404))
async def get_line(line_id: PathId, session: CurrentSession) -> LineRead:
    """Get a line with its invoice, by one statement."""
    return await line_crud.get(session, line_id)
