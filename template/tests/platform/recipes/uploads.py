"""Uploads of files that are larger than other requests."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Self

from fastapi import Depends, FastAPI, Request
from pydantic import DirectoryPath, model_validator
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

    environment: str = "local"
    # The default is for tests and `poe dev`.
    upload_folder: DirectoryPath = Path(gettempdir())

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.environment != "local" and "upload_folder" not in self.model_fields_set:
            raise ValueError("UPLOAD_FOLDER is required.")
        return self


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Check the settings when the process starts, not in the first request."""
    load_settings(UploadSettings)
    yield


router = FeatureRouter(
    prefix=DOCUMENTS, tag="documents", description="Files of any kind.", lifespan=lifespan
)


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
