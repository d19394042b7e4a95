"""Routers that cost nothing where they have nothing to say."""

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope


class FeatureRouter(APIRouter):
    """FastAPI's router, which asks its routes only about paths that hold its prefix.

    FastAPI asks every route of every router, one after the other. With a hundred features that
    takes three times as long as the rest of a request.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether one of the routes answers a request."""
        if self.prefix.partition("{")[0] not in scope["path"]:
            return Match.NONE, {}
        return super().matches(scope)
