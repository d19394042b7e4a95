"""Statements that the driver runs itself, and those that it leaves to SQLAlchemy."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry import trace
from sqlalchemy import Engine, Select, bindparam, event, literal_column, select
from sqlalchemy.exc import DBAPIError, InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.core import database
from app.core.engine import direct, driver
from app.core.engine.reader import Reader
from app.core.engine.tracing import traced_database
from tests.platform.gizmo import Gizmo
from tests.platform.small_engine import small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")

BY_NAME = select(Gizmo.id, Gizmo.name, Gizmo.price, Gizmo.created_at).where(
    Gizmo.name == bindparam("name")
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that the driver ran itself."""
    fetch, sent = driver.fetch, []

    async def note(connection: Any, sql: str, arguments: list[Any]) -> Any:
        sent.append(sql)
        return await fetch(connection, sql, arguments)

    monkeypatch.setattr(driver, "fetch", note)
    return sent


@pytest.fixture
async def gizmo(session: AsyncSession) -> Gizmo:
    gizmo = Gizmo(name="first")
    session.add(gizmo)
    await session.flush()
    return gizmo


async def test_the_driver_runs_a_statement_from_the_second_time_on(
    reader: Reader, gizmo: Gizmo, sent: list[str]
) -> None:
    first = await reader.rows(BY_NAME, {"name": "first"})
    assert sent == []
    assert await reader.rows(BY_NAME, {"name": "first"}) == first
    assert await reader.rows(BY_NAME, {"name": "other"}) == []
    assert len(sent) == 2
    assert first[0][:2] == (gizmo.id, "first")
    assert first[0][3] == gizmo.created_at


async def test_equal_statements_share_one_form(
    reader: Reader, gizmo: Gizmo, sent: list[str]
) -> None:
    for name, found in (("other", []), ("first", [(gizmo.id,)])):
        assert await reader.rows(select(Gizmo.id).where(Gizmo.name == name)) == found
    assert len(sent) == 1


@pytest.mark.parametrize(
    "statement",
    [
        select(Gizmo.name).where(Gizmo.name.in_(["first", "second"])),
        select(Gizmo.name).execution_options(a_name="a value"),
        select(Gizmo.name).where(Gizmo.name == bindparam("name")).params(name="first"),
    ],
    ids=["in", "options", "params"],
)
async def test_sqlalchemy_runs_what_needs_more_than_its_sql(
    reader: Reader, gizmo: Gizmo, sent: list[str], statement: Select[str]
) -> None:
    for _ in range(3):
        assert await reader.rows(statement) == [("first",)]
    assert sent == []


@contextmanager
def listening(target: Engine, name: str) -> Iterator[None]:
    def listen(*arguments: object) -> None:
        pass

    event.listen(target, name, listen)
    yield
    event.remove(target, name, listen)


@contextmanager
def echoing(engine: Engine) -> Iterator[None]:
    engine.echo = True
    yield
    engine.echo = False


@contextmanager
def tracing(engine: Engine) -> Iterator[None]:
    with traced_database(database.engine, trace.get_tracer("test")):
        yield


EVENTS = (*direct.EVENTS, "do_execute", "do_execute_no_params")
LISTENING = [lambda engine, name=name: listening(engine, name) for name in EVENTS]


@pytest.mark.parametrize(
    "observe", [echoing, tracing, *LISTENING], ids=["echo", "tracing", *EVENTS]
)
async def test_a_statement_is_seen_by_everybody_who_listens(
    reader: Reader, gizmo: Gizmo, sent: list[str], observe: Callable[[Engine], Any]
) -> None:
    await reader.rows(BY_NAME, {"name": "first"})
    with observe(database.engine.sync_engine):
        assert await reader.rows(BY_NAME, {"name": "first"})
    assert sent == []
    assert await reader.rows(BY_NAME, {"name": "first"})
    assert len(sent) == 1


async def test_invalid_arguments_are_reported_by_sqlalchemy(reader: Reader, gizmo: Gizmo) -> None:
    for _ in range(2):
        with pytest.raises(StatementError) as raised:
            await reader.rows(BY_NAME)
        assert isinstance(raised.value.orig, InvalidRequestError)
        assert await reader.rows(BY_NAME, {"name": "first"})


async def test_an_error_of_the_driver_is_wrapped_as_by_sqlalchemy(
    connection: AsyncConnection, reader: Reader, gizmo: Gizmo, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, raised = driver.fetch, list[DBAPIError]()

    async def fail(connection: Any, sql: str, arguments: list[Any]) -> Any:
        return await fetch(connection, "SELECT missing", [])

    await reader.rows(BY_NAME, {"name": "first"})
    monkeypatch.setattr(driver, "fetch", fail)
    statements: list[Any] = [BY_NAME, select(literal_column("missing"))]
    for statement in statements:
        savepoint = await connection.begin_nested()
        with pytest.raises(DBAPIError) as error:
            await reader.rows(statement, {"name": "first"})
        await savepoint.rollback()
        raised.append(error.value)
    by_driver, by_sqlalchemy = raised
    assert type(by_driver) is type(by_sqlalchemy)
    assert type(by_driver.orig) is type(by_sqlalchemy.orig)
    assert "FROM gizmo" in str(by_driver.statement)
    assert not by_driver.connection_invalidated


async def test_another_error_is_raised_as_it_is(
    reader: Reader, gizmo: Gizmo, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*arguments: object) -> Any:
        raise LookupError

    await reader.rows(BY_NAME, {"name": "first"})
    monkeypatch.setattr(driver, "fetch", fail)
    with pytest.raises(LookupError):
        await reader.rows(BY_NAME, {"name": "first"})
    monkeypatch.undo()
    assert await reader.rows(BY_NAME, {"name": "first"})


async def test_a_cancelled_read_loses_no_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(*arguments: object) -> None:
        raise asyncio.CancelledError

    if not database.reader._engine:
        pytest.skip("behind a pooler")
    async with small_engine(database_pool_size=1, database_max_overflow=0) as engine:
        for _ in range(2):
            await database.reader.rows(select(Gizmo.id))
        monkeypatch.setattr(driver, "fetch", end)
        with pytest.raises(asyncio.CancelledError):
            await database.reader.rows(select(Gizmo.id))
        monkeypatch.undo()
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert await database.reader.rows(select(Gizmo.id)) == []


async def test_the_number_of_known_statements_is_limited(
    reader: Reader, gizmo: Gizmo, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "MAX_STATEMENTS", 2)
    columns = Gizmo.id, Gizmo.name, Gizmo.price
    for _ in range(2):
        for column in columns:
            await reader.rows(select(column))
    assert sent == []
    await reader.rows(select(columns[-1]))
    assert len(sent) == 1
