"""Rows that the driver inserts itself, in the transaction of the session."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import engine, session_factory
from app.core.engine import direct, driver
from app.core.engine.insert import InsertRow
from app.models.base import NAMING_CONVENTION, IntegerPrimaryKey
from tests.platform.base import Base
from tests.platform.gizmo import Gizmo, count_gizmos
from tests.platform.network import pooler
from tests.platform.small_engine import small_engine

pytestmark = pytest.mark.usefixtures("gizmo_table")

VALUES: dict[str, Any] = {"name": "first", "note": None, "price": Decimal("1.50")}


class Changing(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "changing"
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    name: Mapped[str] = mapped_column(sa.String(20))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that the driver ran itself."""
    fetch, sent = driver.fetch, list[str]()

    async def note(connection: Any, sql: str, arguments: list[Any]) -> Any:
        sent.append(sql)
        return await fetch(connection, sql, arguments)

    monkeypatch.setattr(driver, "fetch", note)
    return sent


@pytest.fixture
async def insert(session: AsyncSession) -> InsertRow:
    """The function that inserts gizmos, after its first call."""
    insert = InsertRow(Gizmo)
    await insert(session, VALUES)
    return insert


async def test_the_driver_inserts_a_row_from_the_second_time_on(
    session: AsyncSession, sent: list[str]
) -> None:
    insert = InsertRow(Gizmo)
    for values in (VALUES, {"name": "second"}):
        await insert(session, values)
    assert sent == []
    for values in (VALUES, {"name": "second"}):
        await insert(session, values)
    assert len(sent) == 2


async def test_the_number_of_known_forms_is_limited(
    session: AsyncSession, insert: InsertRow, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "MAX_STATEMENTS", 1)
    for _ in range(2):
        await insert(session, {"name": "second"})
    assert sent == []


@contextmanager
def listening_to_engine(connection: Connection) -> Iterator[None]:
    def listen(*arguments: object) -> None:
        pass

    event.listen(engine.sync_engine, "after_cursor_execute", listen)
    yield
    event.remove(engine.sync_engine, "after_cursor_execute", listen)


@contextmanager
def listening_to_connection(connection: Connection) -> Iterator[None]:
    event.listen(connection, "before_cursor_execute", lambda *arguments: None)
    yield


@contextmanager
def with_another_schema(connection: Connection) -> Iterator[None]:
    connection.execution_options(schema_translate_map={None: "public"})
    yield


@pytest.mark.parametrize(
    "observe", [listening_to_engine, listening_to_connection, with_another_schema]
)
async def test_sqlalchemy_inserts_what_somebody_listens_to(
    connection: AsyncConnection,
    session: AsyncSession,
    insert: InsertRow,
    sent: list[str],
    observe: Callable[[Connection], Any],
) -> None:
    assert connection.sync_connection is not None
    with observe(connection.sync_connection):
        await insert(session, VALUES)
        await InsertRow(Gizmo)(session, VALUES)
    assert sent == []


async def test_an_error_is_the_one_of_sqlalchemy(session: AsyncSession, insert: InsertRow) -> None:
    raised = list[DBAPIError]()
    for values in ({"name": None}, {"name": "x" * 101}):
        for call in (InsertRow(Gizmo), insert):
            with pytest.raises(DBAPIError) as error:
                async with session.begin_nested():
                    await call(session, VALUES | values)
            raised.append(error.value)
        by_sqlalchemy, by_driver = raised[-2:]
        assert type(by_driver) is type(by_sqlalchemy)
        assert type(by_driver.orig) is type(by_sqlalchemy.orig)
        assert by_driver.statement == by_sqlalchemy.statement
        assert driver.is_conflict(by_driver) == driver.is_conflict(by_sqlalchemy)
    await insert(session, VALUES)


@pooler.direct
async def test_one_create_fails_after_a_table_has_changed() -> None:
    insert, failures = InsertRow(Changing), list[DBAPIError]()
    async with small_engine() as small:
        try:
            async with small.begin() as connection:
                await connection.run_sync(Changing.metadata.create_all)
            async with session_factory() as first, session_factory() as second:
                for session in (first, second, first, second):
                    await insert(session, {"name": "a"})
            async with small.begin() as connection:
                await connection.execute(text("ALTER TABLE changing ALTER name TYPE text"))
            async with session_factory() as first, session_factory() as second:
                for session in (first, second):
                    try:
                        await insert(session, {"name": "a"})
                    except DBAPIError as error:
                        failures.append(error)
        finally:
            async with small.begin() as connection:
                await connection.run_sync(Changing.metadata.drop_all)
    assert [driver.is_unavailable(error) for error in failures] == [True]


@pytest.mark.usefixtures("committed_gizmos")
async def test_a_row_is_part_of_the_transaction(sent: list[str]) -> None:
    insert = InsertRow(Gizmo)
    for _ in range(2):
        async with session_factory() as session:
            await insert(session, VALUES)
            await session.execute(text("SELECT 1"))
            await insert(session, VALUES)
            await session.rollback()
    assert await count_gizmos() == 0
    async with session_factory.begin() as session:
        await insert(session, VALUES)
        assert await count_gizmos() == 0
    assert await count_gizmos() == 1
    assert len([sql for sql in sent if sql.startswith("INSERT")]) == 4
