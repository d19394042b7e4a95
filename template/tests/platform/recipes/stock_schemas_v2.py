"""The data of version 2 of the API of stock: an article has a `name`."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.core.http.fields import Id, SingleLine
from tests.platform.recipes.orders import Quantity

NAME = "The name of the article."


class StockCreateV2(BaseModel):
    """An article to be created."""

    article: Annotated[SingleLine, Field(alias="name", max_length=100, description=NAME)]
    quantity: Quantity = 0


class StockReadV2(BaseModel):
    """An article as it is stored."""

    id: Id
    name: Annotated[str, Field(validation_alias="article", description=NAME)]
    quantity: Annotated[int, Field(description="The number in stock.")]
