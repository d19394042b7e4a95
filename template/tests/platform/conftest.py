"""Fixtures of the platform's own tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.platform import database

if TYPE_CHECKING:
    from app.core.engine.reader import Reader
    from tests.platform.telemetry_sdk import Spans


@pytest.fixture(autouse=True)
def _readiness_without_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let readiness ask no feature: the checks of yours may need what these tests do not have."""
    from app.core.http.health import readiness

    monkeypatch.setattr("app.main.readiness_checks", dict)
    monkeypatch.setattr(readiness, "checks", {})


@pytest.fixture(scope="module")
async def gizmo_table() -> AsyncIterator[None]:
    """The table of gizmos; dropped before another module compares the tables with the models."""
    from tests.platform.gizmo import Gizmo

    async with database.tables(Gizmo.metadata):
        yield


@pytest.fixture
async def gizmo_client(gizmo_table: None, reader: Reader) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app with gizmos."""
    from app.core.database import get_reader
    from app.main import create_app
    from tests.platform.clients import client_of
    from tests.platform.gizmo import with_gizmos

    app = with_gizmos(create_app())
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app, one_at_a_time=True) as client:
        yield client


@pytest.fixture
async def committed_gizmos(gizmo_table: None) -> AsyncIterator[None]:
    """Let a test commit gizmos; delete them after it."""
    from app.core.database import session_scope
    from tests.platform.gizmo import Gizmo

    yield
    async with session_scope() as session:
        await session.execute(delete(Gizmo))


@pytest.fixture
async def make_engine() -> AsyncIterator[Callable[..., AsyncEngine]]:
    """Return a function that builds engines with two connections."""
    from app.core.config import get_settings
    from app.core.database import build_engine

    engines = []

    def make(**changes: Any) -> AsyncEngine:
        changes = {
            "database_pool_size": 1,
            "database_max_overflow": 1,
            "database_pool_timeout": 5,
            "database_connect_timeout": 5,
        } | changes
        engines.append(build_engine(get_settings().model_copy(update=changes)))
        return engines[-1]

    yield make
    for engine in engines:
        await engine.dispose()


@pytest.fixture
async def rebuilt_database() -> AsyncIterator[None]:
    """Build the database again after a test that commits to any table."""
    from app.core.database import engine

    yield
    await engine.dispose()
    await asyncio.to_thread(database.build, engine.url)


@pytest.fixture
def spans() -> Iterator[Spans]:
    """The spans that a test records; meanwhile the SDK of OpenTelemetry is enabled."""
    from tests.platform.telemetry_sdk import Spans, sdk_enabled

    with sdk_enabled():
        yield Spans()
