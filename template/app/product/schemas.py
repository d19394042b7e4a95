"""What clients send and get."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from app.core.pagination import PageQuery
from app.core.schemas import FixedPoint, Line, Omittable, Text

Name = Annotated[Line, Field(max_length=100)]
Description = Annotated[Text, Field(max_length=10_000)]
Price = Annotated[Decimal, FixedPoint(digits=10, places=2)]


class ProductCreate(BaseModel):
    name: Name
    description: Description | None = None
    price: Price
    is_active: StrictBool = True


class ProductUpdate(BaseModel):
    """What is left out stays as it is."""

    name: Omittable[Name] = None
    description: Description | None = None
    price: Omittable[Price] = None
    is_active: Omittable[StrictBool] = None


class ProductRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str | None
    price: Decimal
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ProductQuery(PageQuery):
    name: Name | None = None
    is_active: bool | None = None
    sort: Literal["id", "-id", "name", "-name", "price", "-price", "created_at", "-created_at"] = (
        "id"
    )


class PriceStatistics(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    active_products: int
    lowest: Decimal | None
    average: Decimal | None
    highest: Decimal | None
