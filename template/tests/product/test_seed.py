from app.core.engine.reader import Reader
from app.product.crud import product_crud
from app.product.schemas import ProductQuery
from scripts.seed import PRODUCTS, seed


async def test_seeding_twice_adds_each_product_once(reader: Reader) -> None:
    assert await seed() == len(PRODUCTS)
    assert await seed() == 0
    page = await product_crud.list(reader, ProductQuery())
    assert [row.name for row in page.items] == [product.name for product in PRODUCTS]
