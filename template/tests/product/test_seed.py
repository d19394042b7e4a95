import pytest

from app.core.database import read_session_factory
from app.product.crud import product_crud
from app.product.schemas import ProductQuery
from scripts.seed import PRODUCTS, seed


@pytest.mark.usefixtures("connection")
async def test_seeding_twice_adds_each_product_once() -> None:
    assert await seed() == len(PRODUCTS)
    assert await seed() == 0
    async with read_session_factory() as session:
        page = await product_crud.list(session, ProductQuery())
    assert [row.name for row in page.items] == [product.name for product in PRODUCTS]
