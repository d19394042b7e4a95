"""Apps for the tests of routers that are not features."""

import pytest
from fastapi import APIRouter, FastAPI

from app.main import create_app


def app_with(*routers: APIRouter) -> FastAPI:
    """Return an app with `routers` and without the features, which may have the same paths."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.main.feature_routers", list)
        patch.setattr("app.main.later_routers", dict)
        app = create_app()
    for router in routers:
        app.include_router(router)
    return app
