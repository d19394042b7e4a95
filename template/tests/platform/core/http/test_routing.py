import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from app.core.http.routing import FeatureRouter
from tests.platform.clients import client_of

PREFIXES = ["/shops", "/shops/{shop}/products", "/products", ""]


def app_with(*routers: APIRouter) -> FastAPI:
    app = FastAPI()
    for router in routers:
        app.include_router(router, prefix="/api/v1")
    return app


def router_of(kind: type[APIRouter], prefix: str) -> APIRouter:
    router = (
        FeatureRouter(prefix=prefix, tag="numbers", description="Numbers.")
        if kind is FeatureRouter
        else APIRouter(prefix=prefix)
    )

    @router.get("/{key}")
    async def get(key: int) -> str:
        return f"{prefix} {key}"

    return router


@pytest.mark.parametrize(
    "path", ["/shops/1", "/shops/1/products/2", "/products/1", "/1", "/shops", "/x/1", "/shops/x"]
)
async def test_a_feature_router_responds_like_an_api_router(path: str) -> None:
    responses = []
    for kind in (APIRouter, FeatureRouter):
        async with client_of(app_with(*(router_of(kind, prefix) for prefix in PREFIXES))) as client:
            for method in ("GET", "DELETE"):
                response = await client.request(method, f"/api/v1{path}")
                responses.append((response.status_code, response.text))
    assert responses[:2] == responses[2:]


async def test_a_request_is_matched_only_with_the_routes_of_its_feature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matched = set()
    matches = APIRoute.matches

    def note(route: APIRoute, scope: Scope) -> tuple[Match, Scope]:
        matched.add(route.path)
        return matches(route, scope)

    monkeypatch.setattr(APIRoute, "matches", note)
    routers = [router_of(FeatureRouter, f"/feature-{number:02}") for number in range(10)]
    async with client_of(app_with(*routers)) as client:
        assert (await client.get("/api/v1/feature-07/1")).json() == "/feature-07 1"
    assert matched == {"/feature-07/{key}"}
