from datetime import date

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_reader
from app.core.engine.reader import Reader
from app.core.errors import ReadOnlyError
from app.core.replica import get_replica_reader
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes import replica
from tests.platform.recipes.models import Invoice


async def test_without_a_replica_both_routes_read_from_the_primary(
    reader: Reader, session: AsyncSession
) -> None:
    session.add(Invoice(number="1", customer="Ada", due_date=date(2026, 1, 31)))
    await session.commit()
    app = app_with(replica.router)
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        (invoice,) = (await client.get(replica.INVOICES)).json()["items"]
        response = await client.get(f"{replica.INVOICES}/{invoice['id']}")
    assert response.json() == invoice


async def test_a_replica_is_read_and_never_written(reader: Reader) -> None:
    with pytest.raises(ReadOnlyError):
        await (await get_replica_reader(reader)).rows(delete(Invoice))  # type: ignore[arg-type]
