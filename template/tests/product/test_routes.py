import httpx

PRODUCTS = "/api/v1/products"


async def test_create_and_read(client: httpx.AsyncClient) -> None:
    created = await client.post(PRODUCTS, json={"name": "Pencil", "price": "1"})
    assert created.status_code == 201
    assert created.json()["price"] == "1.00"
    read = await client.get(f"{PRODUCTS}/{created.json()['id']}")
    assert read.json() == created.json()
