"""Sample data: `uv run poe seed` adds a few products in one transaction."""

import asyncio
from decimal import Decimal

from app.core.database import engine, session_scope
from app.core.engine.unavailable import exit_if_unavailable
from app.product.crud import product_crud
from app.product.schemas import ProductCreate

PRODUCTS = [
    ProductCreate(name="Notebook", description="A5, dotted", price=Decimal("4.50")),
    ProductCreate(name="Pencil", price=Decimal("0.80")),
    ProductCreate(name="Typewriter", price=Decimal("249.00"), is_active=False),
]


async def seed() -> int:
    """Add the missing products; return the number of added ones."""
    added = 0
    async with session_scope() as session:
        for product in PRODUCTS:
            if await product_crud.get_by_name(session, product.name) is None:
                await product_crud.create(session, product)
                added += 1
    return added


async def main() -> None:
    async with exit_if_unavailable(engine.url):
        await (await engine.connect()).close()
    print(f"{await seed()} products added.")
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
