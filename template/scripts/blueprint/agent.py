"""A parent with a UUID as key; the feature of a reference takes its place."""

from typing import TYPE_CHECKING, Any

import httpx
from pydantic import BaseModel
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.http.fields import UUIDId
from app.models.base import Base, UUIDPrimaryKey

if TYPE_CHECKING:
    from scripts.blueprint.models import Blueprint


class Agent(UUIDPrimaryKey, Base, kw_only=True):
    __tablename__ = "agent"

    name: Mapped[str] = mapped_column(String(100))

    blueprint: Mapped["Blueprint | None"] = relationship(
        back_populates="agent",
        compare=False,
        init=False,
        lazy="raise",
        passive_deletes="all",
        repr=False,
    )


class AgentRead(BaseModel):
    id: UUIDId
    name: str


async def create_agent(client: httpx.AsyncClient) -> dict[str, Any]:
    created: dict[str, Any] = (await client.post("/api/v1/agents", json={"name": "first"})).json()
    return created
