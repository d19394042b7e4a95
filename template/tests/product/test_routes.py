from typing import Any

import httpx
import pytest

PRODUCTS = "/api/v1/products"


async def create(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    response = await client.post(PRODUCTS, json={"name": "Pencil", "price": "1"} | values)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"{PRODUCTS}/{response.json()['id']}"
    product: dict[str, Any] = response.json()
    return product


async def test_a_created_product_reads_the_same(client: httpx.AsyncClient) -> None:
    created = await create(client, price="1", description="HB")
    assert created["price"] == "1.00"
    read = await client.get(f"{PRODUCTS}/{created['id']}")
    assert read.status_code == 200
    assert read.json() == created


async def test_a_list_is_filtered_and_sorted(client: httpx.AsyncClient) -> None:
    await create(client, name="Pen", price="2")
    await create(client, name="Pencil", price="1")
    await create(client, name="Typewriter", price="3", is_active=False)
    page = (await client.get(f"{PRODUCTS}?is_active=true&sort=-price")).json()
    assert [product["name"] for product in page["items"]] == ["Pen", "Pencil"]


async def test_statistics_cover_active_products(client: httpx.AsyncClient) -> None:
    await create(client, price="1")
    await create(client, price="2")
    assert (await client.get(f"{PRODUCTS}/statistics/prices")).json() == {
        "active_products": 2,
        "lowest": "1.00",
        "average": "1.50",
        "highest": "2.00",
    }


async def test_an_update_changes_only_the_sent_fields(client: httpx.AsyncClient) -> None:
    created = await create(client, description="HB")
    path = f"{PRODUCTS}/{created['id']}"
    updated = await client.patch(path, json={"price": "2.5"})
    assert updated.status_code == 200
    assert updated.json() == created | {
        "price": "2.50",
        "updated_at": updated.json()["updated_at"],
    }
    cleared = await client.patch(path, json={"description": None})
    assert cleared.json()["description"] is None
    assert (await client.get(path)).json() == cleared.json()


async def test_a_deleted_product_is_gone(client: httpx.AsyncClient) -> None:
    path = f"{PRODUCTS}/{(await create(client))['id']}"
    assert (await client.delete(path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert (await client.request(method, path, json={})).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"name": None},
        {"description": "a\x00b"},
        {"description": "x" * 10_001},
        {"price": "-1"},
        {"price": 0},
        {"price": "0.00"},
        {"price": "1.001"},
        {"price": "123456789.00"},
        {"price": None},
        {"is_active": "maybe"},
        {"is_active": None},
    ],
)
async def test_an_invalid_product_is_422(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    values = {"name": "Pencil", "price": "1"} | change
    assert (await client.post(PRODUCTS, json=values)).status_code == 422
    path = f"{PRODUCTS}/{(await create(client))['id']}"
    assert (await client.patch(path, json=change)).status_code == 422


async def test_a_list_is_not_sorted_by_a_nullable_column(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{PRODUCTS}?sort=description")).status_code == 422
