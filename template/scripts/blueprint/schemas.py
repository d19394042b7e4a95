"""What clients send and get."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.pagination import PageQuery
from app.core.schemas import Line, Omittable

Name = Annotated[Line, Field(max_length=100)]


class BlueprintCreate(BaseModel):
    name: Name


class BlueprintUpdate(BaseModel):
    """What is left out stays as it is."""

    name: Omittable[Name] = None


class BlueprintRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    created_at: datetime
    updated_at: datetime


class BlueprintQuery(PageQuery):
    sort: Literal["id", "-id", "name", "-name"] = "id"
