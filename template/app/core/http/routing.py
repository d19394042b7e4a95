"""The router of a feature."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import get_name
from starlette.types import Receive, Scope, Send

from app.core.http.deprecation import Deprecation

# The argument `responses` of a route that creates; `problem_responses` are added with `|`.
CREATED: dict[int | str, dict[str, Any]] = {
    201: {
        "headers": {
            "Location": {
                "description": "The path of the created resource.",
                "schema": {"type": "string"},
            }
        }
    }
}


async def _not_included() -> None:
    raise RuntimeError("a route of a feature needs an app: include its router in one")


class FeatureRoute(APIRoute):
    """A route whose parameters FastAPI reads once: in the app that includes its router.

    FastAPI reads them when a route is declared, and again when the router that is included gets its
    first request. Only the second result is used; the first one is a quarter of a feature's start.
    A route that FastAPI does not accept is found by a test.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        name = options.get("name") or get_name(endpoint)
        response_model = options.get("response_model")
        unread = {"name": name, "response_model": None}
        super().__init__(path, _not_included, **options | unread)
        self.endpoint, self.response_model = endpoint, response_model


class FeatureRouter(APIRouter):
    """FastAPI's router, with a tag that has a description, and the end of a version.

    Args:
        prefix: the path of the feature, such as "/products".
        tag: the tag of its operations in the OpenAPI document.
        description: the description of the tag.
        deprecation: the end of this version. Each response of its routes has the headers then,
            also 404, 409, 422 and 503, and the OpenAPI document shows them.
        options: other options of FastAPI's router, such as `lifespan`.
    """

    def __init__(
        self,
        *,
        prefix: str,
        tag: str,
        description: str,
        deprecation: Deprecation | None = None,
        **options: Any,
    ) -> None:
        if deprecation is not None:
            options["deprecated"] = True
        super().__init__(prefix=prefix, tags=[tag], **{"route_class": FeatureRoute} | options)
        self.tag = tag
        self.description = description
        self.deprecation = deprecation
        if deprecation is not None:
            # On the object, so that other routers have no call more.
            self.handle = self._handle_deprecated  # type: ignore[method-assign]

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route; the headers of a deprecated one are in the OpenAPI document."""
        if self.deprecation is not None:
            headers = self.deprecation.documentation()
            responses = {options.get("status_code") or 200: {}} | (options.get("responses") or {})
            options["responses"] = {
                status: response | {"headers": response.get("headers", {}) | headers}
                for status, response in responses.items()
            }
        super().add_api_route(path, endpoint, **options)

    async def _handle_deprecated(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.deprecation is not None
        await super().handle(scope, receive, self.deprecation.announced(scope, send))


def route_template(scope: Scope) -> str | None:
    """Return the path of the route of a request, such as `/api/v1/products/{product_id}`.

    None if no route has matched.
    """
    # The route itself does not know the prefix of the routers that include its router.
    context = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(context or scope.get("route"), "path_format", None)
