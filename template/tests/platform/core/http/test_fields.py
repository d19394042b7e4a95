from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

from app.core.http.fields import BodyId, Integer, UTCTime
from tests.platform.gizmo import GIZMOS


async def create(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    response = await client.post(GIZMOS, json={"name": "first", "price": "1"} | values)
    assert response.status_code == 201, response.text
    gizmo: dict[str, Any] = response.json()
    return gizmo


@pytest.mark.parametrize(
    ("price", "stored"),
    [("1", "1.00"), (1, "1.00"), (0.1, "0.10"), (-0.0, "0.00"), ("12345678.9", "12345678.90")],
)
async def test_a_response_shows_a_decimal_as_it_is_stored(
    gizmo_client: httpx.AsyncClient, price: object, stored: str
) -> None:
    created = await create(gizmo_client, price=price)
    assert created["price"] == stored
    assert (await gizmo_client.get(f"{GIZMOS}/{created['id']}")).json() == created


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": " "},
        {"name": "a\x00b"},
        {"name": "a\nb"},
        {"name": None},
        {"note": "a\x00b"},
        {"price": "-1"},
        {"price": "1.001"},
        {"price": 1.001},
        {"price": "123456789.00"},
        {"price": "NaN"},
        {"price": "1e400"},
        {"price": None},
    ],
)
async def test_a_value_that_its_column_cannot_store_is_422(
    gizmo_client: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    values = {"name": "first", "price": "1"} | change
    assert (await gizmo_client.post(GIZMOS, json=values)).status_code == 422
    path = f"{GIZMOS}/{(await create(gizmo_client))['id']}"
    assert (await gizmo_client.patch(path, json=change)).status_code == 422


@pytest.mark.parametrize("value", [306, 306.0, -0.0, 2**31 - 1, -(2**31)])
def test_an_integer_of_json_is_accepted(value: float) -> None:
    accepted = TypeAdapter[int](Annotated[int, Integer()]).validate_python(value)
    assert (type(accepted), accepted) == (int, value)


@pytest.mark.parametrize(
    "value", [True, "306", 306.5, None, 2**31, -(2**31) - 1, 1e300, float("inf"), float("nan")]
)
def test_what_is_no_integer_of_json_or_out_of_range_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[int](Annotated[int, Integer()]).validate_python(value)


@pytest.mark.parametrize("value", [0, 2**53, float(2**53)])
def test_an_id_in_a_body_is_positive_and_exact(value: object) -> None:
    schema = TypeAdapter[int](BodyId).json_schema()
    assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 1, 2**53 - 1)
    with pytest.raises(ValidationError):
        TypeAdapter[int](BodyId).validate_python(value)


@pytest.mark.parametrize("time", ["2026-01-31T12:00:00Z", "2026-01-31 13:00:00.0+01:00"])
def test_a_time_is_converted_to_utc(time: str) -> None:
    converted = TypeAdapter[datetime](UTCTime).validate_json(f'"{time}"')
    assert converted == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert converted.utcoffset() == timedelta()


@pytest.mark.parametrize("number", ["0", "0.5", "1767225600", "-1", "1e9", "1767225600000"])
def test_a_number_is_no_time(number: str) -> None:
    for text in (number, f'"{number}"'):
        with pytest.raises(ValidationError, match="write a time with its offset"):
            TypeAdapter[datetime](UTCTime).validate_json(text)


async def test_null_clears_a_field_and_a_missing_field_is_kept(
    gizmo_client: httpx.AsyncClient,
) -> None:
    created = await create(gizmo_client, note="kept")
    path = f"{GIZMOS}/{created['id']}"
    kept = (await gizmo_client.patch(path, json={"price": "2.5"})).json()
    assert kept == created | {"price": "2.50", "updated_at": kept["updated_at"]}
    cleared = (await gizmo_client.patch(path, json={"note": None})).json()
    assert cleared == kept | {"note": None, "updated_at": cleared["updated_at"]}
    assert (await gizmo_client.get(path)).json() == cleared


async def test_an_empty_update_changes_nothing(gizmo_client: httpx.AsyncClient) -> None:
    created = await create(gizmo_client, note="kept")
    path = f"{GIZMOS}/{created['id']}"
    unchanged = await gizmo_client.patch(path, json={})
    assert (unchanged.status_code, unchanged.json()) == (200, created)


async def test_a_response_shows_datetimes_in_utc(gizmo_client: httpx.AsyncClient) -> None:
    created = await create(gizmo_client)
    for name in ("created_at", "updated_at"):
        assert datetime.fromisoformat(created[name]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("key", ["0", "-1", "x", str(2**63), "9" * 5000])
async def test_a_key_out_of_range_is_422(gizmo_client: httpx.AsyncClient, key: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        response = await gizmo_client.request(method, f"{GIZMOS}/{key}", json={})
        assert response.status_code == 422


async def test_a_key_of_a_deleted_row_is_404(gizmo_client: httpx.AsyncClient) -> None:
    path = f"{GIZMOS}/{(await create(gizmo_client))['id']}"
    assert (await gizmo_client.delete(path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        response = await gizmo_client.request(method, path, json={})
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
