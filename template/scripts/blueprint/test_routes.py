from typing import Any

import httpx

BLUEPRINTS = "/api/v1/blueprints"


async def create(client: httpx.AsyncClient, name: str = "first") -> dict[str, Any]:
    response = await client.post(BLUEPRINTS, json={"name": name})
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"{BLUEPRINTS}/{response.json()['id']}"
    created: dict[str, Any] = response.json()
    return created


async def test_a_created_blueprint_reads_the_same(client: httpx.AsyncClient) -> None:
    created = await create(client)
    read = await client.get(f"{BLUEPRINTS}/{created['id']}")
    assert (read.status_code, read.json()) == (200, created)


async def test_a_list_is_sorted(client: httpx.AsyncClient) -> None:
    for name in ("b", "a"):
        await create(client, name)
    page = (await client.get(BLUEPRINTS, params={"sort": "name"})).json()
    assert [item["name"] for item in page["items"]] == ["a", "b"]


async def test_an_update_changes_the_sent_fields(client: httpx.AsyncClient) -> None:
    path = f"{BLUEPRINTS}/{(await create(client))['id']}"
    assert (await client.patch(path, json={"name": "second"})).json()["name"] == "second"
    assert (await client.patch(path, json={"name": None})).status_code == 422


async def test_a_deleted_blueprint_is_gone(client: httpx.AsyncClient) -> None:
    path = f"{BLUEPRINTS}/{(await create(client))['id']}"
    assert (await client.delete(path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert (await client.request(method, path, json={})).status_code == 404
