"""Mistakes of a colleague, each beside the correct code; `tests/test_live_types.py` checks it.

The file is copied into a project with the sample and a feature `order_item`. Each function has one
mistake: mypy must report the error of the comment for the line after it, and nothing else.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_type

from sqlalchemy import func, insert, select, text, update

from app.core.database import (
    CurrentReader,
    CurrentSession,
    CurrentSessionTransaction,
    session_scope,
)
from app.core.http.fields import PathId
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from app.core.replica import CurrentReplicaReader
from app.core.retry import run_transaction
from app.order_item.crud import order_item_crud
from app.order_item.schemas import OrderItemCreate, OrderItemQuery, OrderItemRead, OrderItemUpdate
from app.product.crud import product_crud
from app.product.models import Product
from app.product.schemas import ProductCreate, ProductQuery, ProductRead, ProductUpdate

router = FeatureRouter(prefix="/mistakes", tag="mistakes", description="Mistakes.")


@router.get("/schema")
async def schema_of_another_feature(item_id: PathId, reader: CurrentReader) -> ProductRead:
    assert_type(await product_crud.get(reader, item_id), ProductRead)
    # refused: got "OrderItemRead" [return-value]
    return await order_item_crud.get(reader, item_id)


@router.get("/page")
async def page_of_another_feature(
    query: OrderItemQuery, products: ProductQuery, reader: CurrentReader
) -> Page[ProductRead]:
    assert_type(await product_crud.list(reader, products), Page[ProductRead])
    # refused: got "Page[OrderItemRead]" [return-value]
    return await order_item_crud.list(reader, query)


@router.get("/relations")
async def entities_of_a_list_by_a_reader(
    products: ProductQuery, reader: CurrentReader
) -> Page[OrderItemRead]:
    assert_type(await product_crud.list_with(reader, products, OrderItemRead), Page[OrderItemRead])
    # refused: has incompatible type "Reader"; expected "AsyncSession" [arg-type]
    return await product_crud.list_entities(reader, products, OrderItemRead)


@router.get("/entity")
async def entity_instead_of_its_schema(
    item_id: PathId, session: CurrentSessionTransaction
) -> ProductRead:
    product = await product_crud.get_for_update(session, item_id)
    assert_type(product, Product)
    assert_type(await product_crud.get(session, item_id), ProductRead)
    # refused: got "Product", expected "ProductRead" [return-value]
    return product


@router.get("/entities")
async def entities_instead_of_their_schemas(session: CurrentSession) -> list[ProductRead]:
    products = (await session.scalars(select(Product))).all()
    assert_type(products, Sequence[Product])
    # refused: expected "ProductRead" [list-item]
    return [*products]


async def result_of_a_repeated_transaction(values: ProductCreate) -> OrderItemRead:
    created = await run_transaction(lambda session: product_crud.create(session, values))
    assert_type(created, ProductRead)
    # refused: got "ProductRead", expected "OrderItemRead" [return-value]
    return created


async def change_through_a_replica(reader: CurrentReplicaReader, values: ProductCreate) -> None:
    assert_type(await product_crud.get(reader, 1), ProductRead)
    # refused: has incompatible type "Reader"; expected "AsyncSession" [arg-type]
    await product_crud.create(reader, values)


async def row_without_its_schema(reader: CurrentReader) -> list[ProductRead]:
    # refused: got "list[tuple[int]]" [return-value]
    return await reader.rows(select(Product.id))


async def changes_instead_of_a_new_row(values: ProductUpdate) -> ProductRead:
    async with session_scope() as session:
        created = ProductCreate(name="Lamp", price=Decimal(1))
        assert_type(await product_crud.create(session, created), ProductRead)
        # refused: expected "ProductCreate" [arg-type]
        return await product_crud.create(session, values)


async def new_row_instead_of_changes(values: ProductCreate) -> ProductRead:
    async with session_scope() as session:
        product = await product_crud.get_for_update(session, 1)
        assert_type(await product_crud.update(session, product, ProductUpdate()), ProductRead)
        # refused: expected "ProductUpdate" [arg-type]
        return await product_crud.update(session, product, values)


async def changes_of_another_feature(values: OrderItemUpdate) -> OrderItemRead:
    async with session_scope() as session:
        product = await product_crud.get_for_update(session, 1)
        # refused: expected "OrderItem" [arg-type]
        return await order_item_crud.update(session, product, values)


async def new_row_of_another_feature(values: OrderItemCreate) -> None:
    async with session_scope() as session:
        # refused: expected "ProductCreate" [arg-type]
        await product_crud.create(session, values)


async def misspelt_field_of_a_row(reader: CurrentReader) -> Decimal:
    product = await product_crud.get(reader, 1)
    assert_type(product.price, Decimal)
    # refused: "ProductRead" has no attribute "prise" [attr-defined]
    return product.prise


async def misspelt_field_of_a_page(reader: CurrentReader) -> list[Decimal]:
    page = await product_crud.list(reader, ProductQuery())
    assert_type(page.items, list[ProductRead])
    # refused: has no attribute "prise" [attr-defined]
    return [product.prise for product in page.items]


async def misspelt_column_of_a_statement(reader: CurrentReader) -> None:
    # refused: "type[Product]" has no attribute "prise" [attr-defined]
    await reader.rows(select(Product.prise))


async def misspelt_column_of_an_entity(session: CurrentSessionTransaction) -> None:
    product = await product_crud.get_for_update(session, 1)
    # refused: "Product" has no attribute "prise" [attr-defined]
    product.prise = Decimal(2)


async def price_where_a_name_is_wanted(reader: CurrentReader) -> list[str]:
    rows = await reader.rows(select(Product.name, Product.price))
    assert_type(rows, list[tuple[str, Decimal]])
    # refused: "Decimal" has no attribute "upper" [attr-defined]
    return [price.upper() for name, price in rows]


async def price_passed_as_a_name(reader: CurrentReader, session: CurrentSession) -> None:
    [(name, price)] = await reader.rows(select(Product.name, Product.price))
    await product_crud.get_by_name(session, name)
    # refused: expected "str" [arg-type]
    await product_crud.get_by_name(session, price)


async def more_names_than_columns(reader: CurrentReader) -> None:
    # refused: Need more than 2 values to unpack [misc]
    [(_name, _price, _active)] = await reader.rows(select(Product.name, Product.price))


async def count_taken_for_text(reader: CurrentReader) -> str:
    ((count, highest),) = await reader.rows(select(func.count(), func.max(Product.price)))
    assert_type(count, int)
    assert_type(highest, Decimal)
    # refused: got "int", expected "str" [return-value]
    return count


async def row_of_a_session_taken_for_text(session: CurrentSession) -> str:
    row = (await session.execute(select(Product.name, Product.price))).one()
    assert_type((row[0], row[1]), tuple[str, Decimal])
    # refused: got "Decimal", expected "str" [return-value]
    return row[1]


async def insert_given_to_the_reader(reader: CurrentReader) -> None:
    # refused: incompatible type "Insert" [arg-type]
    await reader.rows(insert(Product))


async def update_given_to_the_reader(reader: CurrentReader) -> None:
    # refused: incompatible type "Update" [arg-type]
    await reader.rows(update(Product))


async def text_given_to_the_reader(reader: CurrentReader) -> None:
    # refused: incompatible type "TextClause" [arg-type]
    await reader.rows(text("DELETE FROM product"))


async def key_of_another_type(reader: CurrentReader) -> None:
    # refused: expected "int" [arg-type]
    await product_crud.get(reader, "1")
