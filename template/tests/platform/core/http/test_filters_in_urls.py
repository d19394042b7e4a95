from decimal import Decimal

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.main import create_app
from tests.platform.gizmo import GIZMOS, GizmoCreate, gizmo_crud, with_gizmos


@pytest.mark.parametrize(
    ("query", "status", "names"),
    [
        ("names=ab&names=Ab", 200, ["ab", "Ab"]),
        ("name_prefix=100%25", 200, ["100%"]),
        ("note_is_null=true&price_below=2.5", 200, ["ab", "Ab"]),
        ("names=", 422, None),
        ("&".join(f"names={number}" for number in range(101)), 422, None),
        ("price_min=NaN", 422, None),
        ("price_min=1e30", 422, None),
        ("name_prefix=%00", 422, None),
        ("note_is_null=2", 422, None),
    ],
)
async def test_filters_in_a_url(
    gizmo_client: httpx.AsyncClient,
    session: AsyncSession,
    query: str,
    status: int,
    names: list[str] | None,
) -> None:
    for name in ("100%", "ab", "Ab"):
        await gizmo_crud.create(session, GizmoCreate(name=name, price=Decimal(len(name))))
    await session.commit()
    response = await gizmo_client.get(f"{GIZMOS}?{query}")
    assert response.status_code == status
    if names is not None:
        assert [gizmo["name"] for gizmo in response.json()["items"]] == names


def test_filters_are_described_in_the_api() -> None:
    operation = with_gizmos(create_app()).openapi()["paths"][GIZMOS]["get"]
    described = {each["name"]: each.get("description") for each in operation["parameters"]}
    assert described["price_min"] == "Only rows whose `price` is this value or greater."
    assert described["name"] == "Only rows with this `name`."
    assert described["sort"] == "Column to sort by; `-` before it: descending."
    (names,) = [each for each in operation["parameters"] if each["name"] == "names"]
    assert names["schema"]["anyOf"][0]["maxItems"] == 100
