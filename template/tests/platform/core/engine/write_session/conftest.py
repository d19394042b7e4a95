"""Fixtures for sessions whose statements the driver sends itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from app.core.engine.insert import InsertRow


@pytest.fixture(autouse=True)
def _without_tenants(committed_gizmos: None) -> Iterator[None]:
    """Take out a listener of a recipe, which sends a statement when a transaction begins."""
    from tests.platform.recipes import row_level_security

    event.remove(Session, "after_begin", row_level_security._name_tenant)
    yield
    event.listen(Session, "after_begin", row_level_security._name_tenant)


@pytest.fixture
async def session() -> AsyncIterator[AsyncSession]:
    """A session of the app, on an engine to which nobody has listened before."""
    from app.core.database import session_factory
    from tests.platform.small_engine import small_engine

    async with small_engine(), session_factory() as session:
        yield session


@pytest.fixture
async def insert() -> InsertRow:
    """The function that inserts gizmos, after its first call, which is rolled back."""
    from app.core.database import session_factory
    from app.core.engine.insert import InsertRow
    from tests.platform.gizmo import Gizmo

    insert = InsertRow(Gizmo)
    async with session_factory() as session:
        await insert(session, {"name": "first"})
    return insert


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections on which the driver commits itself."""
    from app.core.engine import insert as module

    commit, committed = module._commit, list[Connection]()

    async def note(connection: Connection) -> None:
        committed.append(connection)
        await commit(connection)

    monkeypatch.setattr(module, "_commit", note)
    return committed
