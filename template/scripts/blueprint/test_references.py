from typing import Any

import httpx
import pytest

from app.core.errors import Violation
from scripts.blueprint.agent import create_agent
from scripts.blueprint.owner import create_owner
from scripts.blueprint.test_routes import BLUEPRINTS, create


@pytest.mark.parametrize(
    ("name", "missing"),
    [("owner_id", 2**31 - 1), ("agent_id", "019c1111-0000-7000-8000-000000000001")],
)
async def test_a_missing_parent_is_409(
    client: httpx.AsyncClient, name: str, missing: object
) -> None:
    created = await create(client)
    found = await client.get(BLUEPRINTS, params={name: created[name]})
    assert found.json()["items"] == [created]
    response = await client.patch(f"{BLUEPRINTS}/{created['id']}", json={name: missing})
    assert (response.status_code, response.json()["detail"]) == (409, Violation.MISSING)


@pytest.mark.parametrize(
    ("name", "parents"), [("owner_id", "/api/v1/owners"), ("agent_id", "/api/v1/agents")]
)
async def test_a_parent_is_not_deleted_before_its_blueprints(
    client: httpx.AsyncClient, name: str, parents: str
) -> None:
    created = await create(client)
    response = await client.delete(f"{parents}/{created[name]}")
    assert (response.status_code, response.json()["detail"]) == (409, Violation.REFERENCED)
    assert (await client.get(f"{BLUEPRINTS}/{created['id']}")).json() == created


@pytest.mark.parametrize(
    ("name", "parents"), [("owner_id", "/api/v1/owners"), ("agent_id", "/api/v1/agents")]
)
async def test_a_blueprint_is_deleted_with_its_parent(
    client: httpx.AsyncClient, name: str, parents: str
) -> None:
    created = await create(client)
    assert (await client.delete(f"{parents}/{created[name]}")).status_code == 204
    assert (await client.get(f"{BLUEPRINTS}/{created['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("name", "parents"), [("owner_id", "/api/v1/owners"), ("agent_id", "/api/v1/agents")]
)
async def test_a_blueprint_stays_without_a_deleted_parent(
    client: httpx.AsyncClient, name: str, parents: str
) -> None:
    created = await create(client)
    assert (await client.delete(f"{parents}/{created[name]}")).status_code == 204
    found = await client.get(f"{BLUEPRINTS}/{created['id']}")
    assert (found.status_code, found.json()[name]) == (200, None)


@pytest.mark.parametrize(
    ("name", "create_parent"), [("owner", create_owner), ("agent", create_agent)]
)
async def test_a_response_has_the_parent(
    client: httpx.AsyncClient, name: str, create_parent: Any
) -> None:
    created, parent = await create(client), await create_parent(client)
    assert created[name]["id"] == created[f"{name}_id"]
    path = f"{BLUEPRINTS}/{created['id']}"
    changed = (await client.patch(path, json={f"{name}_id": parent["id"]})).json()
    assert changed[name] == parent
    assert (await client.get(path)).json() == changed
    assert (await client.get(BLUEPRINTS)).json()["items"] == [changed]


@pytest.mark.parametrize("name", ["alone"])
async def test_a_response_may_have_no_parent(client: httpx.AsyncClient, name: str) -> None:
    path = f"{BLUEPRINTS}/{(await create(client))['id']}"
    changed = (await client.patch(path, json={name: None})).json()
    assert (changed[name], changed[name.removesuffix("_id")]) == (None, None)
    assert (await client.get(path)).json() == changed
