import asyncio

import pytest

from app.core.config import load_settings
from tests.platform.apps import app_with
from tests.platform.recipes.rate_routes import router
from tests.platform.recipes.rates import Rates, RateSettings
from tests.platform.recipes.service_connection import TIMEOUT


def test_the_settings_are_required_outside_local(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(RateSettings).rate_service_token.get_secret_value() == "local"
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(SystemExit, match="RATE_SERVICE_URL and RATE_SERVICE_TOKEN are required"):
        load_settings(RateSettings)


async def test_the_lifespan_of_the_router_opens_and_closes_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refresh(rates: Rates, seconds: float) -> None:
        started.append(rates)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(rates)

    started: list[Rates] = []
    ended: list[Rates] = []
    monkeypatch.setattr(Rates, "refresh", refresh)
    monkeypatch.setenv("RATE_SERVICE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RATE_SERVICE_TOKEN", "secret")
    app = app_with(router)
    async with app.router.lifespan_context(app) as state:
        await asyncio.sleep(0)
        assert state is not None
        assert (started, ended) == ([state["rates"]], [])
        http = state["rates"]._service._http
    assert ended == started
    assert http.is_closed
    assert http.timeout == TIMEOUT
