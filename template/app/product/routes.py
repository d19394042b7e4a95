"""Products over HTTP."""

from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Query, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.pagination import Page
from app.core.problems import problems
from app.core.routing import FeatureRouter
from app.core.schemas import Key
from app.product.crud import product_crud
from app.product.models import Product
from app.product.schemas import (
    PriceStatistics,
    ProductCreate,
    ProductQuery,
    ProductRead,
    ProductUpdate,
)

FoundT = TypeVar("FoundT")

router = FeatureRouter(prefix="/products", tags=["products"])


def _found(product: FoundT | None, product_id: int) -> FoundT:
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no product {product_id}.")
    return product


async def _locked(session: AsyncSession, product_id: int) -> Product:
    return _found(await product_crud.get(session, product_id, lock=True), product_id)


@router.post(
    "", response_model=ProductRead, status_code=status.HTTP_201_CREATED, responses=problems(409)
)
async def create_product(values: ProductCreate, session: CurrentSessionTransaction) -> Any:
    return await product_crud.create(session, values)


@router.get("", response_model=Page[ProductRead], responses=problems(404))
async def list_products(query: Annotated[ProductQuery, Query()], reader: CurrentReader) -> Any:
    return await product_crud.list(reader, query)


@router.get("/statistics/prices", response_model=PriceStatistics)
async def price_statistics(reader: CurrentReader) -> Any:
    return await product_crud.price_statistics(reader)


@router.get("/{product_id}", response_model=ProductRead, responses=problems(404))
async def get_product(product_id: Key, reader: CurrentReader) -> Any:
    return _found(await product_crud.read(reader, product_id), product_id)


@router.patch("/{product_id}", response_model=ProductRead, responses=problems(404, 409))
async def update_product(
    product_id: Key, values: ProductUpdate, session: CurrentSessionTransaction
) -> Any:
    product = await _locked(session, product_id)
    return await product_crud.update(session, product, values)


@router.delete(
    "/{product_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(404, 409)
)
async def delete_product(product_id: Key, session: CurrentSessionTransaction) -> None:
    await product_crud.delete(session, await _locked(session, product_id))
