import os

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select

from app.core.errors import ReadOnlyError
from tests.platform.clients import client_of
from tests.platform.recipes.models import Invoice


async def test_a_replica_is_read_and_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_REPLICA_URL", os.environ["DATABASE_URL"])
    from tests.platform.recipes.replica import CurrentReplicaReader, replica, replica_reader

    app = FastAPI()

    @app.get("/count")
    async def count(reader: CurrentReplicaReader) -> int:
        return len(await reader.rows(select(Invoice.id)))

    async with client_of(app) as client:
        assert (await client.get("/count")).json() == 0
    with pytest.raises(ReadOnlyError):
        await replica_reader.rows(delete(Invoice))  # type: ignore[arg-type]
    await replica.dispose()
