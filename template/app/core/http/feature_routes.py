"""The routes of features, found by the first segments of a path."""

from collections.abc import Sequence
from copy import copy

from fastapi import APIRouter
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

SEGMENTS = 3  # of a path such as /api/v1/products, by which its feature is found


class FeatureRoutes:
    """Includes the routers of features in an app, and asks only those that can match a path.

    FastAPI asks one router after the other, so that a request to the last of a hundred features
    costs a quarter more than one to the first.

    Args:
        router: the router of the app, `app.router`.
    """

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._features: dict[str, list[BaseRoute]] = {}
        self._ids: set[int] = set()
        # By the paths of `_features`, and "" for all others, until the app gets more routes.
        self._narrowed: dict[str, APIRouter] = {}
        self._count = 0
        router.middleware_stack = self

    def include(self, router: APIRouter, *, prefix: str) -> None:
        """Include the router of a feature, with a prefix such as /api/v1."""
        known = len(self._router.routes)
        self._router.include_router(router, prefix=prefix)
        paths = (router.prefix, *(getattr(route, "path", "") for route in router.routes))
        names = {path.removeprefix("/").partition("/")[0] for path in paths}
        if prefix.count("/") != SEGMENTS - 1 or "" in names or "{" in "".join(names):
            return  # it may match the paths of other features, so it is always asked
        added = self._router.routes[known:]
        self._ids |= {*map(id, added)}
        for name in names:
            self._features.setdefault(f"{prefix}/{name}", []).extend(added)

    def routes_for(self, scope: Scope) -> Sequence[BaseRoute]:
        """Return the routes that can match the path of a request."""
        return self._narrowed_to(scope).routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let FastAPI choose one of the routes that can match."""
        router = self._router
        if scope["type"] != "lifespan":
            scope.setdefault("router", router)  # it knows the URLs of all routes
            router = self._narrowed_to(scope)
        await router.app(scope, receive, send)

    def _narrowed_to(self, scope: Scope) -> APIRouter:
        path, root_path = scope["path"], scope.get("root_path", "")
        if root_path and path.startswith(f"{root_path}/"):
            path = path.removeprefix(root_path)
        start = "/".join(path.split("/", SEGMENTS + 1)[: SEGMENTS + 1])
        if len(self._router.routes) != self._count:
            self._narrowed, self._count = {}, len(self._router.routes)
        known = start if start in self._features else ""
        if known not in self._narrowed:
            self._narrowed[known] = self._copy_for(known)
        return self._narrowed[known]

    def _copy_for(self, start: str) -> APIRouter:
        narrowed = copy(self._router)
        # Not `in` the lists: FastAPI's routes are compared by all that they contain.
        own = {*map(id, self._features.get(start, []))}
        narrowed.routes = [
            route for route in self._router.routes if id(route) in own or id(route) not in self._ids
        ]
        return narrowed
