from itertools import count
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import httpx
import pytest

from app.core.errors import Violation
from scripts.blueprint.agent import create_agent
from scripts.blueprint.owner import create_owner

BLUEPRINTS = "/api/v1/blueprints"
NUMBERS = count(1)


async def create(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    required = {
        "label": "first",
        "content": "two\nlines",
        "quantity": 1,
        "serial": 1,
        "amount": "1.00",
        "is_open": False,
        "due_date": "2026-01-31",
        "sent_at": "2026-01-31T12:00:00Z",
        "code": "019c1111-0000-7000-8000-000000000001",
        "options": {"colour": "red", "sizes": [1, 2.5, None, True]},
        "state": "first",
        "twin": f"{next(NUMBERS)}",
        "twin_number": next(NUMBERS),
        "twin_code": str(uuid4()),
        "owner_id": (await create_owner(client))["id"],
        "agent_id": (await create_agent(client))["id"],
    }
    response = await client.post(BLUEPRINTS, json=required | values)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"{BLUEPRINTS}/{response.json()['id']}"
    created: dict[str, Any] = response.json()
    return created


async def test_a_created_blueprint_reads_the_same(client: httpx.AsyncClient) -> None:
    created = await create(client)
    read = await client.get(f"{BLUEPRINTS}/{created['id']}")
    assert (read.status_code, read.json()) == (200, created)


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        ("label=first", "label=other"),
        ("quantity=1", "quantity=2"),
        ("serial=1", "serial=2"),
        ("amount_min=1.00", "amount_min=1.01"),
        ("amount_max=1.00", "amount_max=0.99"),
        ("is_open=false", "is_open=true"),
        ("due_date=2026-01-31", "due_date=2026-02-01"),
        ("due_from=2026-01-31", "due_from=2026-02-01"),
        ("due_before=2026-02-01", "due_before=2026-01-31"),
        ("sent_from=2026-01-31T12:00:00Z", "sent_from=2026-01-31T12:00:01Z"),
        ("sent_before=2026-01-31T12:00:01Z", "sent_before=2026-01-31T12:00:00Z"),
        (
            "code=019c1111-0000-7000-8000-000000000001",
            "code=019c1111-0000-7000-8000-000000000002",
        ),
        ("state=first", "state=other"),
    ],
)
async def test_a_list_is_filtered(client: httpx.AsyncClient, found: str, missed: str) -> None:
    created = await create(client)
    for query, items in ((found, [created]), (missed, [])):
        page = (await client.get(f"{BLUEPRINTS}?{query}")).json()
        assert page.get("items") == items, page


@pytest.mark.parametrize(
    ("sort", "greater"),
    [
        ("label", "other"),
        ("quantity", 2),
        ("serial", 2),
        ("amount", "2.00"),
        ("is_open", True),
        ("due_date", "2026-02-01"),
        ("sent_at", "2026-02-01T12:00:00Z"),
        ("code", "019c1111-0000-7000-8000-000000000002"),
        ("state", "other"),
    ],
)
async def test_a_list_is_sorted(client: httpx.AsyncClient, sort: str, greater: object) -> None:
    last = await create(client, **{sort: greater})
    first = await create(client)
    for direction, items in ((sort, [first, last]), (f"-{sort}", [last, first])):
        page = (await client.get(BLUEPRINTS, params={"sort": direction})).json()
        assert page["items"] == items


@pytest.mark.parametrize(
    "change",
    [
        {"label": "other"},
        {"content": "other"},
        {"quantity": -(2**31)},
        {"serial": 2**53 - 1},
        {"amount": "-1.50"},
        {"is_open": True},
        {"due_date": "2026-02-01"},
        {"sent_at": "2026-02-01T12:00:00.123456Z"},
        {"code": "019c1111-0000-7000-8000-000000000002"},
        {"options": {}},
        {"state": "other"},
        {"blank": None},
    ],
)
async def test_an_update_changes_only_the_sent_fields(
    client: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    created = await create(client)
    path = f"{BLUEPRINTS}/{created['id']}"
    updated = await client.patch(path, json=change)
    assert updated.status_code == 200, updated.text
    assert updated.json() == created | change | {"updated_at": updated.json()["updated_at"]}
    assert (await client.get(path)).json() == updated.json()


async def test_a_deleted_blueprint_is_gone(client: httpx.AsyncClient) -> None:
    path = f"{BLUEPRINTS}/{(await create(client))['id']}"
    assert (await client.delete(path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert (await client.request(method, path, json={})).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"label": " "},
        {"label": "x" * 101},
        {"content": "a\x00b"},
        {"content": "x" * 10_001},
        {"quantity": 2**31},
        {"quantity": "1"},
        {"serial": 2**53},
        {"serial": "1"},
        {"amount": "1.001"},
        {"amount": "100000000.00"},
        {"is_open": "maybe"},
        {"due_date": "2026-02-30"},
        {"due_date": 0},
        {"sent_at": "2026-01-31T12:00:00"},
        {"sent_at": 0},
        {"code": "unknown"},
        {"options": {"a": "\x00"}},
        {"options": []},
        {"state": "unknown"},
        {"owner_id": 0},
        {"agent_id": "unknown"},
        {"needed": None},
    ],
)
async def test_an_invalid_blueprint_is_422(
    client: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    created = await create(client)
    assert (await client.post(BLUEPRINTS, json=created | change)).status_code == 422
    path = f"{BLUEPRINTS}/{created['id']}"
    assert (await client.patch(path, json=change)).status_code == 422


@pytest.mark.parametrize("name", ["doubled"])
async def test_a_duplicate_is_409(client: httpx.AsyncClient, name: str) -> None:
    first, second = await create(client), await create(client)
    change = {name: first[name]}
    response = await client.patch(f"{BLUEPRINTS}/{second['id']}", json=change)
    assert (response.status_code, response.json()["detail"]) == (409, Violation.DUPLICATE)
    assert (await client.get(BLUEPRINTS, params=change)).json()["items"] == [first]


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("label", "first"),
        ("content", "first"),
        ("quantity", 1),
        ("serial", 1),
        ("amount", "1.00"),
        ("is_open", False),
        ("due_date", "2026-01-31"),
        ("sent_at", ANY),
        ("state", "first"),
    ],
)
async def test_a_field_that_is_not_sent_has_its_default(
    client: httpx.AsyncClient, name: str, default: object
) -> None:
    values = await create(client)
    await client.delete(f"{BLUEPRINTS}/{values['id']}")
    del values[name]
    response = await client.post(BLUEPRINTS, json=values)
    assert (response.status_code, response.json()[name]) == (201, default)
