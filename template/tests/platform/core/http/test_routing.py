from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import FastAPIError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Match
from starlette.types import Scope

from app.core.http.feature_routes import FeatureRoutes
from app.core.http.problems import add_problem_handlers
from app.core.http.proxy import RootPathMiddleware
from app.core.http.routing import FeatureRouter
from app.main import create_app
from tests.platform.clients import client_of

PREFIXES = ["/shops", "/shops/{shop}/products", "/products", "", "/{shop}/closed"]
PATHS = ["/shops/1", "/shops/1/products/2", "/products/1", "/products/1/", "/1", "/2.csv", "/shops"]
PATHS += ["/x/1", "/shops/x", "/1/closed/2", "/products/closed/2", "/products/1/2", "//products/1"]


def app_with(*routers: APIRouter, root_path: str = "", version: str = "/api/v1") -> FastAPI:
    app = FastAPI()
    app.add_middleware(RootPathMiddleware, root_path=root_path)
    are_features = isinstance(routers[0], FeatureRouter)
    include = FeatureRoutes(app.router).include if are_features else app.include_router
    for router in routers:
        include(router, prefix=version)
    add_problem_handlers(app)
    return app


def router_of(kind: type[APIRouter], prefix: str) -> APIRouter:
    router = (
        FeatureRouter(prefix=prefix, tag="numbers", description="Numbers.")
        if kind is FeatureRouter
        else APIRouter(prefix=prefix, tags=["numbers"])
    )

    @router.get("/{key}", status_code=202)
    async def get(key: int, request: Request) -> str:
        """Get a number."""
        return f"{prefix} {key}, {request.url_for('drop', key=key).path}"

    @router.delete("/{key}.csv", name="drop", description="No file.", response_model=None)
    async def delete(key: int) -> dict[str, int]:
        return {prefix: key}

    return router


def asked_paths(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return a counter of the routes that FastAPI asks from now on, by their paths."""
    asked: Counter[str] = Counter()
    matches = APIRoute.matches

    def note(route: APIRoute, scope: Scope) -> tuple[Match, Scope]:
        asked[route.path] += 1
        return matches(route, scope)

    monkeypatch.setattr(APIRoute, "matches", note)
    return asked


@pytest.mark.parametrize(
    ("root_path", "version"),
    [
        ("", "/api/v1"),
        ("/api", "/api/v1"),
        ("/products", "/api/v1"),
        ("", "/v1"),
        ("", "/x/api/v1"),
    ],
)
async def test_a_feature_router_responds_like_an_api_router(root_path: str, version: str) -> None:
    found: list[Any] = []
    for kind in (APIRouter, FeatureRouter):
        routers = [router_of(kind, prefix) for prefix in PREFIXES]
        app = app_with(*routers, root_path=root_path, version=version)
        async with client_of(app) as client:
            for path in (*PATHS, "/new/1"):
                if path == "/new/1":
                    app.include_router(router_of(kind, "/new"), prefix=version)
                for method in ("GET", "DELETE"):
                    response = await client.request(method, f"{root_path}{version}{path}")
                    found.append((response.status_code, response.text, {**response.headers}))
        found.append(app.openapi())
    middle = len(found) // 2
    assert found[:middle] == found[middle:]


async def test_a_request_is_matched_only_with_the_routes_of_its_feature(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asked_paths(monkeypatch)
    routers = [router_of(FeatureRouter, f"/feature-{number:02}") for number in range(10)]
    async with client_of(app_with(*routers)) as client:
        assert (await client.get("/api/v1/feature-07/1")).json().startswith("/feature-07 1")
        response = await client.put("/api/v1/feature-07/1")
        assert (response.status_code, response.headers["allow"]) == (405, "GET")
        assert (await client.get("/api/v1/none")).status_code == 404
    assert {*asked} == {"/feature-07/{key}", "/feature-07/{key}.csv"}


async def test_a_router_without_a_prefix_is_asked_for_each_path(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("a page")
    router = FeatureRouter(prefix="", tag="pages", description="Pages.")
    router.get("/numbers")(lambda: 1)
    router.frontend("/pages", directory=tmp_path)
    async with client_of(app_with(router)) as client:
        assert (await client.get("/api/v1/pages/page.html")).text == "a page"


async def test_a_route_that_is_not_included_says_what_it_needs() -> None:
    app = FastAPI()
    app.router.routes += router_of(FeatureRouter, "/numbers").routes
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        with pytest.raises(RuntimeError, match="include its router"):
            await client.get("/numbers/1")


def test_a_route_that_fastapi_does_not_accept_is_found() -> None:
    router = FeatureRouter(prefix="/numbers", tag="numbers", description="Numbers.")

    @router.get("")
    async def get() -> FeatureRouter:
        return router

    with pytest.raises(FastAPIError, match="response field"):
        [*iter_route_contexts(app_with(router).routes)]


def test_fastapi_accepts_all_routes_of_the_app() -> None:
    assert [*iter_route_contexts(create_app().routes)]
