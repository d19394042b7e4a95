"""Database access for products."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import CRUDBase
from app.core.engine.reader import Reader
from app.product.models import Product
from app.product.schemas import ProductCreate, ProductPriceStatistics, ProductRead, ProductUpdate


class ProductCRUD(CRUDBase[Product, ProductCreate, ProductUpdate, ProductRead, int]):
    async def get_by_name(self, session: AsyncSession, name: str) -> Product | None:
        """Return the oldest product with this name, or None."""
        statement = select(Product).where(Product.name == name).order_by(Product.id).limit(1)
        return (await session.scalars(statement)).first()

    async def get_active(self, session: AsyncSession, *, limit: int = 100) -> Sequence[Product]:
        """Return up to `limit` active products, the oldest first."""
        statement = select(Product).where(Product.is_active).order_by(Product.id).limit(limit)
        return (await session.scalars(statement)).all()

    async def price_statistics(self, reader: Reader) -> ProductPriceStatistics:
        """Return statistics on the prices of active products, computed by the database."""
        price = Product.price
        average_price: ColumnElement[Decimal] = func.round(func.avg(price), 2, type_=price.type)
        statement = select(func.count(), func.min(price), average_price, func.max(price))
        rows = await reader.rows(statement.where(Product.is_active))
        ((count, lowest, average, highest),) = rows
        return ProductPriceStatistics(
            active_products=count, lowest=lowest, average=average, highest=highest
        )


product_crud = ProductCRUD(Product, ProductRead)
