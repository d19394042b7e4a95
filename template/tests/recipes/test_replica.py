import os
from datetime import date

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core.errors import ReadOnlySessionError
from tests.recipes.models import Invoice
from tests.serving import client_of


async def test_a_replica_is_read_and_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_URL", os.environ["DATABASE_URL"])
    from tests.recipes.replica import CurrentReplicaSession, replica, replica_session_factory

    app = FastAPI()

    @app.get("/count")
    async def count(session: CurrentReplicaSession) -> int:
        return (await session.execute(select(func.count()).select_from(Invoice))).scalar_one()

    async with client_of(app) as client:
        assert (await client.get("/count")).json() == 0
    async with replica_session_factory() as session:
        session.add(Invoice(number="1", customer="Ada", due_date=date(2026, 1, 1)))
        with pytest.raises(ReadOnlySessionError):
            await session.flush()
    await replica.dispose()
