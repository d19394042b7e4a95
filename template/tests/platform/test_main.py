import gc
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from app.core.config import get_settings


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Enable the garbage collector again, which the module disables."""
    yield
    gc.enable()


def test_the_server_uses_the_production_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    served: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda target, **options: served.update(options))
    runpy.run_module("app", run_name="__main__")
    settings = get_settings()
    assert (served["host"], served["port"]) == (settings.host, settings.port)
    assert served["workers"] == settings.web_concurrency
    assert served["timeout_graceful_shutdown"] == settings.shutdown_timeout
    assert served["timeout_keep_alive"] == settings.keep_alive_timeout == 75
    assert served["forwarded_allow_ips"] == settings.forwarded_allow_ips == ["127.0.0.1"]
    assert served["access_log"] is False
    config = uvicorn.Config("app.main:app")
    config.load()
    assert config.http_protocol_class.__name__ == "HttpToolsProtocol"
    assert "uvloop" in config.get_loop_factory().__module__


@pytest.mark.parametrize(("workers", "is_enabled"), [(1, False), (2, True)])
def test_no_garbage_is_collected_until_the_app_has_started(
    monkeypatch: pytest.MonkeyPatch, workers: int, is_enabled: bool
) -> None:
    """The process that only starts workers collects: no lifespan enables it there."""
    states: list[bool] = []
    settings = get_settings().model_copy(update={"web_concurrency": workers})
    monkeypatch.setattr("app.core.config.get_settings", lambda: settings)
    monkeypatch.setattr(uvicorn, "run", lambda target, **options: states.append(gc.isenabled()))
    runpy.run_module("app", run_name="__main__")
    assert states == [is_enabled]
