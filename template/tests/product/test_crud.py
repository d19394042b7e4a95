from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.engine.reader import Reader
from app.product.crud import product_crud
from app.product.schemas import ProductCreate


async def add(
    session: AsyncSession, name: str, price: str = "1", *, is_active: bool = True
) -> None:
    values = ProductCreate(name=name, price=Decimal(price), is_active=is_active)
    await product_crud.create(session, values)


async def test_get_by_name_finds_the_oldest(session: AsyncSession) -> None:
    await add(session, "Pencil", "1")
    await add(session, "Pencil", "2")
    found = await product_crud.get_by_name(session, "Pencil")
    assert found is not None
    assert found.price == 1
    assert await product_crud.get_by_name(session, "Pen") is None


async def test_get_active_leaves_out_what_is_not_for_sale(session: AsyncSession) -> None:
    await add(session, "Pencil")
    await add(session, "Typewriter", is_active=False)
    assert [product.name for product in await product_crud.get_active(session)] == ["Pencil"]


async def test_statistics_are_computed_over_active_products(
    session: AsyncSession, reader: Reader
) -> None:
    await add(session, "Pencil", "1")
    await add(session, "Pen", "2")
    await add(session, "Book", "2")
    await add(session, "Typewriter", "100", is_active=False)
    statistics = await product_crud.price_statistics(reader)
    assert statistics.active_products == 3
    assert (statistics.lowest, statistics.highest) == (Decimal(1), Decimal(2))
    assert statistics.average == Decimal("1.67")


async def test_statistics_of_nothing_are_empty(reader: Reader) -> None:
    statistics = await product_crud.price_statistics(reader)
    assert (statistics.active_products, statistics.average) == (0, None)
