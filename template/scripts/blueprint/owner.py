"""A parent with an integer as key; the feature of a reference takes its place."""

from typing import TYPE_CHECKING, Any

import httpx
from pydantic import BaseModel
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.http.fields import Id
from app.models.base import Base, IntegerPrimaryKey

if TYPE_CHECKING:
    from scripts.blueprint.models import Blueprint


class Owner(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "owner"

    name: Mapped[str] = mapped_column(String(100))

    blueprints: Mapped[list["Blueprint"]] = relationship(
        back_populates="owner",
        compare=False,
        init=False,
        lazy="raise",
        passive_deletes="all",
        repr=False,
    )


class OwnerRead(BaseModel):
    id: Id
    name: str


async def create_owner(client: httpx.AsyncClient) -> dict[str, Any]:
    created: dict[str, Any] = (await client.post("/api/v1/owners", json={"name": "first"})).json()
    return created
