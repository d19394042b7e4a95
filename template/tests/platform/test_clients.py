import asyncio

import httpx

from tests.platform.gizmo import GIZMOS


async def test_requests_on_one_connection_are_sent_one_at_a_time(
    gizmo_client: httpx.AsyncClient,
) -> None:
    body = {"name": "first", "price": "1"}
    created = await asyncio.gather(*(gizmo_client.post(GIZMOS, json=body) for _ in range(20)))
    assert {response.status_code for response in created} == {201}
    assert (await gizmo_client.get(f"{GIZMOS}?total=true")).json()["total"] == 20
