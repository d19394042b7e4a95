"""The service with four connections and time limits of seconds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from app.core import database
from app.core.config import get_settings
from app.core.database import (
    CurrentSession,
    CurrentSessionTransaction,
    build_engine,
    build_reader,
)
from app.main import create_app
from tests.platform.database_server import SLOW
from tests.platform.gizmo import with_gizmos

# A busy machine may stop for a second. A test of a time limit sets a shorter one.
LIMITS = {
    "database_pool_size": 2,
    "database_max_overflow": 2,
    "database_pool_timeout": 5,
    "database_connect_timeout": 5,
    "database_statement_timeout": 0.5,
    "database_pool_pre_ping": False,
}


@asynccontextmanager
async def small_engine(**changes: Any) -> AsyncIterator[AsyncEngine]:
    """Yield an engine that the whole service uses inside the block."""
    settings = get_settings().model_copy(update=LIMITS | changes)
    engine = build_engine(settings)
    factories: list[async_sessionmaker[Any]] = [
        database.read_session_factory,
        database.session_factory,
    ]
    binds = [factory.kw["bind"] for factory in factories]
    for factory, bind in zip(factories, binds, strict=True):
        options = bind.get_execution_options() | engine.get_execution_options()
        factory.configure(bind=engine.execution_options(**options))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database.reader, "__dict__", vars(build_reader(engine, settings)))
            yield engine
    finally:
        for factory, bind in zip(factories, binds, strict=True):
            factory.configure(bind=bind)
        await engine.dispose()


def app_with_slow_routes() -> FastAPI:
    app = with_gizmos(create_app())

    @app.get("/slow")
    async def slow(session: CurrentSession) -> None:
        await session.execute(text(SLOW))

    @app.post("/slow")
    async def slow_write(session: CurrentSessionTransaction) -> None:
        await session.execute(text(SLOW))

    return app


def assert_well_formed(responses: list[httpx.Response]) -> set[int]:
    """Return the status codes; check that each 503 has a Retry-After header."""
    for response in responses:
        if response.status_code == 503:
            assert response.headers["retry-after"] == "1"
            assert response.headers["content-type"] == "application/problem+json"
    return {response.status_code for response in responses}
