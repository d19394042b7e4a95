from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, Field

from app.core.http.fields import SingleLine
from app.core.pagination import PageQuery

Email = Annotated[SingleLine, Field(max_length=100)]


class MemberCreate(BaseModel):
    email: Email


class MemberUpdate(BaseModel):
    email: Email | MISSING = MISSING


class MemberRead(BaseModel):
    id: UUID
    email: str


class DeletedMemberRead(MemberRead):
    deleted_at: datetime


class MemberQuery(PageQuery):
    sort: Literal["id", "-id", "email", "-email"] = "id"
