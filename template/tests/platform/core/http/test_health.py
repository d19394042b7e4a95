import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import SecretStr
from sqlalchemy import event
from structlog.testing import capture_logs

import app as app_package
from app.core.config import Settings, get_settings
from app.core.database import build_engine, build_reader
from app.core.discovery import ReadinessCheck, readiness_checks
from app.core.engine.reader import Reader
from app.core.http import health
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.database_server import UNREACHABLE


async def is_ready(request: Request) -> str | None:
    return None


async def is_loading(request: Request) -> str | None:
    return "top-secret is not read"


async def fails(request: Request) -> str | None:
    raise LookupError("top-secret")


async def hangs(request: Request) -> str | None:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.fixture
def checks() -> dict[str, ReadinessCheck]:
    """The checks of features; there are none."""
    return health.readiness.checks


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (is_loading, "top-secret is not read"),
        (fails, "LookupError('top-secret')"),
        (hangs, "TimeoutError()"),
    ],
)
async def test_readiness_fails_when_a_feature_is_not_ready(
    client: httpx.AsyncClient,
    checks: dict[str, ReadinessCheck],
    monkeypatch: pytest.MonkeyPatch,
    check: ReadinessCheck,
    reason: str,
) -> None:
    checks |= {"order": is_ready, "parcel": check}
    monkeypatch.setattr(health, "READINESS_TIMEOUT", 2 if check is not hangs else 0.1)
    with capture_logs() as lines:
        response = await client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["detail"] == "The feature parcel is not ready."
    assert [(line["feature"], line["reason"]) for line in lines if "feature" in line] == [
        ("parcel", reason)
    ]
    assert (await client.get("/health/live")).status_code == 200


async def test_readiness_is_200_when_all_features_are_ready(
    client: httpx.AsyncClient, checks: dict[str, ReadinessCheck]
) -> None:
    checks |= {"order": is_ready, "parcel": is_ready}
    assert (await client.get("/health/ready")).status_code == 200


async def test_the_features_are_asked_at_the_same_time(
    client: httpx.AsyncClient, checks: dict[str, ReadinessCheck]
) -> None:
    async def meets(request: Request) -> str | None:
        await met.wait()
        return None

    met = asyncio.Barrier(2)
    checks |= {"order": meets, "parcel": meets}
    assert (await client.get("/health/ready")).status_code == 200


def test_the_check_of_a_feature_is_discovered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    feature = tmp_path / "checked"
    feature.mkdir()
    (feature / "readiness.py").write_text("async def check(request): ...")
    monkeypatch.setattr("app.main.readiness_checks", readiness_checks)
    monkeypatch.setattr(app_package, "__path__", [*app_package.__path__, str(tmp_path)])
    create_app()
    assert health.readiness.checks["checked"].__module__ == "app.checked.readiness"


async def test_liveness_is_200(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_readiness_is_200_when_the_database_responds(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_without_the_database_only_readiness_fails(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = get_settings().sqlalchemy_url.set(**UNREACHABLE)
    address = SecretStr(url.render_as_string(hide_password=False))
    nowhere = build_engine(get_settings().model_copy(update={"database_url": address}))
    monkeypatch.setattr(health, "reader", build_reader(nowhere, get_settings()))
    with capture_logs() as lines:
        response = await client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["detail"] == "The database does not respond."
    (reason,) = (line["reason"] for line in lines if line["event"] == "readiness_failed")
    assert "DatabaseUnavailableError" not in reason, "the cause is more useful"
    for secret in ("top-secret", "127.0.0.1", str(url.database)):
        assert secret not in response.text
    assert (await client.get("/health/live")).status_code == 200


async def test_readiness_fails_when_the_database_accepts_no_writes(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def accepts_none(primary: Reader, any_server: Reader, settings: Settings) -> bool:
        return False

    monkeypatch.setattr(health, "is_usable", accepts_none)
    response = await client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["detail"] == "The database accepts no writes."


async def test_concurrent_probes_use_one_connection(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    counting = build_engine(get_settings())
    monkeypatch.setattr(health, "reader", build_reader(counting, get_settings()))
    event.listen(counting.sync_engine, "checkout", lambda *arguments: opened.append(arguments))
    async with client_of(app) as client:
        responses = await asyncio.gather(*(client.get("/health/ready") for _ in range(20)))
    assert {response.status_code for response in responses} == {200}
    assert len(opened) == 1
    await counting.dispose()


async def test_a_probe_does_not_wait_for_an_exhausted_pool(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"database_pool_size": 1, "database_max_overflow": 0, "database_pool_timeout": 60}
    full = build_engine(get_settings().model_copy(update=changes))
    monkeypatch.setattr(health, "reader", build_reader(full, get_settings()))
    monkeypatch.setattr(health, "READINESS_TIMEOUT", 0.1)
    async with asyncio.timeout(10), full.connect():
        assert (await client.get("/health/ready")).status_code == 503
    await full.dispose()


async def test_readiness_fails_during_the_shutdown(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health.readiness, "stopping", True)
    response = await client.get("/health/ready")
    assert (response.status_code, response.json()["detail"]) == (
        503,
        "The service is shutting down.",
    )
    assert response.headers["retry-after"] == "1"
    assert (await client.get("/health/live")).status_code == 200
