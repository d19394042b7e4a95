"""The data that clients send and receive."""

from typing import Annotated, Literal

from pydantic import MISSING, BaseModel, Field

from app.core.http.fields import CreatedAt, Id, SingleLine, UpdatedAt
from app.core.pagination import PageQuery
from scripts.blueprint.models import Blueprint

Name = Annotated[SingleLine, Field(max_length=100, description="The name.")]


class BlueprintCreate(BaseModel):
    """A blueprint to be created."""

    name: Name


class BlueprintUpdate(BaseModel):
    """Changes of a blueprint; fields that are not sent stay as they are."""

    name: Name | MISSING = MISSING


class BlueprintRead(BaseModel):
    """A blueprint as it is stored."""

    id: Id
    name: Annotated[str, Field(description="The name.")]
    created_at: CreatedAt
    updated_at: UpdatedAt


class BlueprintQuery(PageQuery, model=Blueprint):
    """The query parameters of the list."""

    # Filters by other conditions, such as a range: docs/recipes/filters.md.
    sort: Literal["id", "-id", "name", "-name"] = "id"
