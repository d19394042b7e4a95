from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field


class DocumentCreate(BaseModel):
    file: str
    size: int
    sha256: str


class DocumentRead(BaseModel):
    id: Annotated[UUID, Field(description="The id of the resource.")]
    size: Annotated[int, Field(description="The size in bytes.")]
    sha256: Annotated[str, Field(description="The SHA-256 of the file, as hexadecimal digits.")]
