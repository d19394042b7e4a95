"""The table `blueprint`."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import JSON, BigInteger, ForeignKey, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, IntegerPrimaryKey, Timestamps
from app.models.types import utc_now
from scripts.blueprint.agent import Agent
from scripts.blueprint.owner import Owner


class BlueprintState(StrEnum):
    FIRST = "first"
    OTHER = "other"


class Blueprint(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "blueprint"

    label: Mapped[str] = mapped_column(String(100))
    content: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int]
    serial: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    is_open: Mapped[bool]
    due_date: Mapped[date]
    sent_at: Mapped[datetime] = mapped_column(default_factory=utc_now)
    code: Mapped[UUID]
    options: Mapped[dict[str, JsonValue]] = mapped_column(JSON)
    state: Mapped[BlueprintState]
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agent.id"))

    owner: Mapped[Owner] = relationship(
        back_populates="blueprints", compare=False, init=False, lazy="raise", repr=False
    )
    agent: Mapped[Agent] = relationship(
        back_populates="blueprint", compare=False, init=False, lazy="raise", repr=False
    )
