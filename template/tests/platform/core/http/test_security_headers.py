import httpx
import pytest
from fastapi import APIRouter, Response

from app.core.http.security_headers import SECURITY_HEADERS
from tests.platform.apps import app_with
from tests.platform.clients import client_of

EXPECTED = {
    "cache-control": "no-store",
    "content-security-policy": "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

router = APIRouter()


@router.get("/cached")
async def cached(response: Response) -> int:
    response.headers["Cache-Control"] = "max-age=60"
    response.headers["X-Request-ID"] = "another"
    response.headers.append("Set-Cookie", "a=1")
    response.headers.append("Set-Cookie", "b=2")
    return 1


@router.get("/broken")
async def broken() -> None:
    raise LookupError


def test_each_expected_header_is_one_of_them() -> None:
    assert {k.decode(): v.decode() for k, v in SECURITY_HEADERS.items()} == EXPECTED


@pytest.mark.parametrize("path", ["/health/live", "/docs", "/nothing", "/broken"])
async def test_every_response_has_the_security_headers(path: str) -> None:
    async with client_of(app_with(router)) as client:
        response = await client.get(path)
    assert response.headers.items() >= EXPECTED.items()


async def test_a_value_that_a_route_sets_stays(client: httpx.AsyncClient) -> None:
    async with client_of(app_with(router)) as client:
        response = await client.get("/cached", headers={"X-Request-ID": "own"})
    assert response.headers.get_list("cache-control") == ["max-age=60"]
    assert response.headers.get_list("x-request-id") == ["own"]
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["x-frame-options"] == "DENY"
