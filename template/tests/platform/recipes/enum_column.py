"""A column with a fixed set of values."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel
from sqlalchemy.orm import Mapped, mapped_column

from app.core.pagination import PageQuery
from app.models.base import IntegerPrimaryKey
from tests.platform.recipes.models import Base


class DeliveryStatus(StrEnum):
    NEW = "new"
    SENT = "sent"


class Delivery(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "delivery"

    status: Mapped[DeliveryStatus] = mapped_column(default=DeliveryStatus.NEW, index=True)


class DeliveryCreate(BaseModel):
    status: DeliveryStatus = DeliveryStatus.NEW


class DeliveryRead(BaseModel):
    id: int
    status: DeliveryStatus


class DeliveryQuery(PageQuery, model=Delivery):
    status: DeliveryStatus | None = None
    sort: Literal["id", "-id", "status", "-status"] = "id"
