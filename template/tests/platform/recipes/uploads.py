"""Uploads of files that are larger than other requests."""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from pydantic_settings import BaseSettings

from app.core.config import Settings, load_settings
from app.core.database import CurrentSessionTransaction
from app.core.http.middleware import body_limit
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.documents import DocumentRead, document_crud
from tests.platform.recipes.received_file import receive_file

DOCUMENTS = "/api/v1/documents"
MAX_BYTES = 100 * 1024 * 1024
BINARY_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class UploadSettings(BaseSettings):
    model_config = Settings.model_config

    upload_folder: Path


router = FeatureRouter(prefix=DOCUMENTS, tag="documents", description="Files of any kind.")


async def get_upload_folder() -> Path:
    """Dependency: the folder for files."""
    return load_settings(UploadSettings).upload_folder


@router.post("", status_code=201, openapi_extra=BINARY_BODY)
@body_limit(MAX_BYTES)
async def create_document(
    request: Request,
    session: CurrentSessionTransaction,
    folder: Annotated[Path, Depends(get_upload_folder)],
) -> DocumentRead:
    """Store a file."""
    # The session connects when it is used first: here, after the whole upload.
    return await document_crud.create(session, await receive_file(request, folder))
