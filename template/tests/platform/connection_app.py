"""An app whose requests use several dependencies of the database, and bursts of requests."""

import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import select

from app.core.database import (
    CurrentReader,
    CurrentSession,
    CurrentSessionTransaction,
    session_scope,
)
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.gizmo import Gizmo
from tests.platform.small_engine import small_engine

NAMES = select(Gizmo.name)
# Waiting for each other would outlast the test; a slow machine does not matter.
LIMITS = {
    "database_pool_timeout": 60,
    "database_connect_timeout": 10,
    "database_statement_timeout": 10,
}


async def get_user(session: CurrentSession) -> Gizmo:
    """Read an entity, as a dependency for authentication does."""
    return (await session.scalars(select(Gizmo).order_by(Gizmo.id).limit(1))).one()


CurrentUser = Annotated[Gizmo, Depends(get_user)]


def app_with_users() -> FastAPI:
    app = create_app()

    @app.get("/rows")
    async def rows(user: CurrentUser, reader: CurrentReader) -> str:
        return (await reader.rows(NAMES))[0][0] + user.name

    @app.get("/entities")
    async def entities(user: CurrentUser, session: CurrentSession) -> bool:
        return await session.get(Gizmo, user.id) is user

    @app.post("/rows")
    async def write(user: CurrentUser, session: CurrentSessionTransaction) -> None:
        session.add(Gizmo(name=user.name))
        await session.flush()

    @app.post("/scope")
    async def scope(session: CurrentSessionTransaction) -> None:
        await session.execute(NAMES)
        async with session_scope() as second:
            await second.execute(NAMES)

    @app.post("/reader")
    async def read(session: CurrentSessionTransaction, reader: CurrentReader) -> None:
        await session.execute(NAMES)
        await reader.rows(NAMES)

    @app.post("/tasks")
    async def tasks(session: CurrentSessionTransaction, reader: CurrentReader) -> None:
        await session.execute(NAMES)
        await asyncio.gather(reader.rows(NAMES), reader.rows(NAMES))

    @app.get("/together")
    async def together(reader: CurrentReader) -> None:
        await asyncio.gather(reader.rows(NAMES), reader.rows(NAMES))

    return app


SECOND = ["/scope", "/reader", "/tasks"]


async def burst(app: FastAPI, method: str, path: str, number: int, **changes: float) -> list[int]:
    """Send requests at once to a service with four connections; return the statuses."""
    async with session_scope() as session:
        session.add(Gizmo(name="first"))
    async with (
        small_engine(**LIMITS | changes) as small,
        client_of(app) as client,
        asyncio.timeout(10),
    ):
        requests = (client.request(method, path) for _ in range(number))
        statuses = [response.status_code for response in await asyncio.gather(*requests)]
    assert small.pool.checkedout() == 0  # type: ignore[attr-defined]
    return statuses
