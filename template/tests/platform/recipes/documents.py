"""Documents: a row for each file."""

from uuid import UUID

from app.core.crud import CRUDBase
from tests.platform.recipes.document_models import Document
from tests.platform.recipes.document_schemas import DocumentCreate, DocumentRead

__all__ = ["Document", "DocumentCreate", "DocumentRead", "document_crud"]

document_crud = CRUDBase[Document, DocumentCreate, DocumentCreate, DocumentRead, UUID](
    Document, DocumentRead
)
