"""The router of a feature."""

from typing import Any

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope

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


class FeatureRouter(APIRouter):
    """FastAPI's router, which skips its routes when the path does not contain its prefix.

    FastAPI asks every route of every router, one after the other. With a hundred features this
    takes three times as long as the rest of a request.

    Args:
        prefix: the path of the feature, such as "/products".
        tag: the tag of its operations in the OpenAPI document.
        description: the description of the tag.
        options: other options of FastAPI's router, such as `lifespan`.
    """

    def __init__(self, *, prefix: str, tag: str, description: str, **options: Any) -> None:
        super().__init__(prefix=prefix, tags=[tag], **options)
        self.tag = tag
        self.description = description

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether one of the routes matches a request."""
        if self.prefix.partition("{")[0] not in scope["path"]:
            return Match.NONE, {}
        return super().matches(scope)


def route_template(scope: Scope) -> str | None:
    """Return the path of the route of a request, such as `/api/v1/products/{product_id}`.

    None if no route has matched.
    """
    # The route itself does not know the prefix of the routers that include its router.
    context = scope.get("fastapi", {}).get("effective_route_context")
    return getattr(context or scope.get("route"), "path_format", None)
