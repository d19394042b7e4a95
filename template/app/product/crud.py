"""How products are stored and found."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import CRUDBase
from app.core.reader import Reader
from app.product.models import Product


class ProductCRUD(CRUDBase[Product, int]):
    async def get_by_name(self, session: AsyncSession, name: str) -> Product | None:
        """Return the oldest product of that name, or None."""
        statement = select(Product).where(Product.name == name).order_by(Product.id).limit(1)
        return (await session.scalars(statement)).first()

    async def get_active(self, session: AsyncSession, *, limit: int = 100) -> Sequence[Product]:
        """Return up to `limit` products that are for sale, the oldest first."""
        statement = select(Product).where(Product.is_active).order_by(Product.id).limit(limit)
        return (await session.scalars(statement)).all()

    async def price_statistics(self, reader: Reader) -> Any:
        """Return what the active products cost, computed by the database."""
        statement = select(
            func.count().label("active_products"),
            func.min(Product.price).label("lowest"),
            func.round(func.avg(Product.price), 2, type_=Product.price.type).label("average"),
            func.max(Product.price).label("highest"),
        ).where(Product.is_active)
        (statistics,) = await reader.rows(statement)
        return statistics


product_crud = ProductCRUD(Product)
