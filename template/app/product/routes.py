"""The API of products."""

from typing import Annotated

from fastapi import Query, Request, Response, status

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.http.fields import PathId
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.core.pagination import Page
from app.product.crud import product_crud
from app.product.schemas import (
    ProductCreate,
    ProductPriceStatistics,
    ProductQuery,
    ProductRead,
    ProductUpdate,
)

router = FeatureRouter(prefix="/products", tag="products", description="Products for sale.")


@router.post("", status_code=status.HTTP_201_CREATED, responses=CREATED | problem_responses(409))
async def create_product(
    values: ProductCreate, session: CurrentSessionTransaction, request: Request, response: Response
) -> ProductRead:
    """Create a product."""
    product = await product_crud.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{product.id}"
    return product


@router.get("", responses=problem_responses(404))
async def list_products(
    query: Annotated[ProductQuery, Query()], reader: CurrentReader
) -> Page[ProductRead]:
    """List products, page by page."""
    return await product_crud.list(reader, query)


@router.get("/statistics/prices")
async def get_product_price_statistics(reader: CurrentReader) -> ProductPriceStatistics:
    """Get statistics on the prices of active products."""
    return await product_crud.price_statistics(reader)


@router.get("/{product_id}", responses=problem_responses(404))
async def get_product(product_id: PathId, reader: CurrentReader) -> ProductRead:
    """Get a product."""
    return await product_crud.get(reader, product_id)


@router.patch("/{product_id}", responses=problem_responses(404, 409))
async def update_product(
    product_id: PathId, values: ProductUpdate, session: CurrentSessionTransaction
) -> ProductRead:
    """Change the fields that are sent."""
    product = await product_crud.get_for_update(session, product_id)
    return await product_crud.update(session, product, values)


@router.delete(
    "/{product_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409),
)
async def delete_product(product_id: PathId, session: CurrentSessionTransaction) -> None:
    """Delete a product."""
    product = await product_crud.get_for_update(session, product_id)
    await product_crud.delete(session, product)
