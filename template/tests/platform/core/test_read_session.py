"""A read session holds a connection only while a statement runs."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.database import CurrentSession, engine, read_session_factory, session_scope
from app.core.engine import driver
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.database_server import STREAM_NEEDS_TRANSACTION
from tests.platform.gizmo import Gizmo

pytestmark = pytest.mark.usefixtures("committed_gizmos")

NAMES = select(Gizmo.name)


def checked_out() -> int:
    return engine.pool.checkedout()  # type: ignore[attr-defined, no-any-return]


async def test_a_read_session_holds_no_connection_between_statements() -> None:
    async with session_scope() as session:
        session.add(Gizmo(name="first"))
    async with read_session_factory() as session:
        gizmo = (await session.scalars(select(Gizmo))).one()
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        await session.refresh(gizmo)
        assert await session.get(Gizmo, gizmo.id, populate_existing=True) is gizmo
        assert await session.scalar(text("SELECT 1")) == 1
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.skipif(
    STREAM_NEEDS_TRANSACTION and "isolation_level" in driver.read_options(get_settings()),
    reason="a cursor needs a transaction",
)
async def test_a_stream_of_a_read_session_holds_its_connection() -> None:
    async with session_scope() as session:
        session.add_all([Gizmo(name="first"), Gizmo(name="second")])
    async with read_session_factory() as session:
        rows = await session.stream(NAMES)
        assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]
        assert [name async for (name,) in rows] == ["first", "second"]
        some = NAMES.execution_options(yield_per=1)
        names = await session.run_sync(lambda sync: list(sync.scalars(some)))
        assert names == ["first", "second"]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_block_holds_the_connection_of_a_read_session() -> None:
    async with read_session_factory() as session, session.begin():
        await session.execute(NAMES)
        assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_the_dependency_returns_a_connection_that_the_route_has_asked_for() -> None:
    app = create_app()

    @app.get("/")
    async def ask(session: CurrentSession) -> int:
        await session.connection()
        return checked_out()

    async with client_of(app) as client:
        assert (await client.get("/")).json() == 1
    assert checked_out() == 0


async def test_a_failed_statement_returns_the_connection_of_a_read_session() -> None:
    async with read_session_factory() as session:
        with pytest.raises(DBAPIError):
            await session.execute(text("SELECT nothing FROM nowhere"))
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert (await session.execute(NAMES)).all() == []
