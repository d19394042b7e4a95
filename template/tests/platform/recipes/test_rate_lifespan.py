import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi import Request

from app.core.config import load_settings
from tests.platform.apps import app_with
from tests.platform.recipes.rate_readiness import check
from tests.platform.recipes.rate_routes import router
from tests.platform.recipes.rate_settings import RateSettings, get_rate_settings
from tests.platform.recipes.rates import Rate, Rates
from tests.platform.recipes.service_connection import TIMEOUT


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    get_rate_settings.cache_clear()
    yield
    get_rate_settings.cache_clear()


def test_the_settings_are_required_outside_local(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(RateSettings).rate_service_token.get_secret_value() == "local"
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(SystemExit, match="RATE_SERVICE_URL and RATE_SERVICE_TOKEN are required"):
        load_settings(RateSettings)


def test_the_token_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file")
    monkeypatch.setenv("RATE_SERVICE_TOKEN_FILE", str(tmp_path / "token"))
    assert get_rate_settings().rate_service_token.get_secret_value() == "from a file"


async def test_the_feature_is_ready_after_the_first_rate() -> None:
    rates = Rates(service=None)  # type: ignore[arg-type]
    request = Request({"type": "http", "state": {"rates": rates}})
    assert await check(request) == "the rate of the dollar is not read yet"
    rates.dollar = Rate(currency="USD", rate=Decimal(1))
    assert await check(request) is None


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
