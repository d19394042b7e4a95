"""The data that clients send and receive."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import MISSING, BaseModel, Field, StrictBool

from app.core.http.fields import CreatedAt, FixedPoint, FreeText, Id, SingleLine, UpdatedAt
from app.core.pagination import PageQuery
from app.product.models import Product

Name = Annotated[SingleLine, Field(max_length=100, description="The name of the product.")]
Description = Annotated[FreeText | None, Field(max_length=10_000, description="A description.")]
Price = Annotated[
    Decimal,
    FixedPoint(max_digits=10, decimal_places=2, positive=True),
    Field(description="The price, above 0."),
]
IsActive = Annotated[StrictBool, Field(description="Whether the product is for sale.")]


class ProductCreate(BaseModel):
    """A product to be created."""

    name: Name
    description: Description = None
    price: Price
    is_active: IsActive = True


class ProductUpdate(BaseModel):
    """Changes of a product; fields that are not sent stay as they are."""

    name: Name | MISSING = MISSING
    description: Description | MISSING = MISSING
    price: Price | MISSING = MISSING
    is_active: IsActive | MISSING = MISSING


class ProductRead(BaseModel):
    """A product as it is stored."""

    id: Id
    name: Annotated[str, Field(description="The name of the product.")]
    description: Annotated[str | None, Field(description="A description.")]
    price: Annotated[Decimal, Field(description="The price.")]
    is_active: Annotated[bool, Field(description="Whether the product is for sale.")]
    created_at: CreatedAt
    updated_at: UpdatedAt


class ProductQuery(PageQuery, model=Product):
    """The query parameters of the list."""

    name: Annotated[Name | None, Field(description="Only products with this name.")] = None
    is_active: Annotated[bool | None, Field(description="Only products with this value.")] = None
    sort: Literal["id", "-id", "name", "-name", "price", "-price", "created_at", "-created_at"] = (
        Field(default="id", description="Column to sort by; `-` before it: descending.")
    )


class ProductPriceStatistics(BaseModel):
    """Statistics on the prices of active products; the prices are null when there is none."""

    active_products: int = Field(description="The number of active products.")
    lowest: Decimal | None = Field(description="The lowest price.")
    average: Decimal | None = Field(description="The average price, rounded to 2 places.")
    highest: Decimal | None = Field(description="The highest price.")
