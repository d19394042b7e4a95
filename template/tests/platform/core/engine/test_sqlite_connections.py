"""Settings of SQLite connections."""

import asyncio
import threading
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sqlalchemy import Connection, delete, func, insert, literal, select, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core import database
from app.core.config import get_settings
from app.core.database import CurrentSessionTransaction, build_engine, read_only, session_scope
from app.core.engine import driver
from app.core.errors import DatabaseUnavailableError
from app.main import create_app
from app.models.exact_numeric import ExactNumeric
from tests.platform.clients import client_of
from tests.platform.gizmo import GIZMOS, Gizmo, with_gizmos
from tests.platform.small_engine import small_engine

CHILD = """
    CREATE TABLE child (
        id INTEGER PRIMARY KEY,
        gizmo_id INTEGER NOT NULL REFERENCES gizmo (id)
            ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
    )
"""


@pytest.fixture
async def child_table(gizmo_table: None) -> AsyncIterator[None]:
    async with database.engine.begin() as connection:
        await connection.execute(text(CHILD))
    yield
    async with session_scope() as session:
        await session.execute(text("DROP TABLE child"))
        await session.execute(delete(Gizmo))


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
async def test_each_connection_has_the_pragmas(pragma: str, value: object) -> None:
    async with read_only(database.engine, get_settings()).connect() as connection:
        assert await connection.scalar(text(f"PRAGMA {pragma}")) == value


@pytest.mark.usefixtures("child_table")
async def test_a_failed_commit_is_a_409() -> None:
    broken_app = with_gizmos(create_app())

    @broken_app.post("/broken", status_code=201)
    async def broken(session: CurrentSessionTransaction) -> None:
        await session.execute(text("INSERT INTO child (gizmo_id) VALUES (1000)"))

    async with client_of(broken_app) as client:
        assert (await client.post("/broken")).status_code == 409
        assert (await client.post(GIZMOS, json={"name": "a", "price": "1"})).status_code == 201


async def test_a_writer_waits_for_other_writers_until_the_lock_timeout() -> None:
    changes = {"database_lock_timeout": 0.3}
    engine = build_engine(get_settings().model_copy(update=changes))
    async with database.engine.begin() as connection:
        async with read_only(engine, get_settings()).connect() as reader:
            assert await reader.scalar(text("SELECT 1")) == 1
        with pytest.raises(OperationalError) as locked:
            await _write(engine)
        assert driver.is_unavailable(locked.value)
        waiting = asyncio.create_task(_write(engine))
        await asyncio.sleep(0.05)
        await connection.rollback()
        await waiting
    await engine.dispose()


async def _write(engine: AsyncEngine) -> None:
    async with engine.begin():
        pass


async def test_a_failed_thread_start_is_database_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    engine = build_engine(get_settings())
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(DatabaseUnavailableError):
        await engine.connect()


async def test_a_key_is_not_reused(gizmo_table: None) -> None:
    keys = []
    for _ in range(2):
        async with session_scope() as session:
            session.add(gizmo := Gizmo(name="first"))
            await session.flush()
            keys.append(gizmo.id)
            await session.delete(gizmo)
    assert keys[0] < keys[1]


async def test_a_number_beyond_64_bits_is_an_invalid_value() -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(DataError) as refused:
            await connection.execute(select(literal(2**64)))
    assert driver.is_invalid(refused.value)


async def test_decimals_are_exact_up_to_15_digits() -> None:
    price = ExactNumeric(15, 2)
    async with database.engine.connect() as connection:
        for value in (Decimal("0.10"), Decimal("-9999999999999.99"), Decimal("1.00"), None):
            assert await connection.scalar(select(literal(value, price))) == value
        with pytest.raises(DataError, match="more than 15 digits"):
            await connection.execute(select(literal(Decimal(10**13), price)))
    with pytest.raises(ValueError, match="precision must be at most 15, not 16"):
        ExactNumeric(16, 2)


@pytest.mark.usefixtures("child_table")
async def test_a_migration_that_breaks_a_foreign_key_is_refused() -> None:
    def migrate(connection: Connection) -> None:
        with driver.migration_lock(connection), connection.begin():
            connection.execute(text("INSERT INTO child (gizmo_id) VALUES (1000)"))

    async with database.engine.connect() as connection:
        with pytest.raises(IntegrityError, match="rows of child refer to rows that do not exist"):
            await connection.run_sync(migrate)
        await connection.invalidate()


@pytest.mark.usefixtures("child_table")
async def test_rebuilding_a_table_keeps_the_rows_that_refer_to_it() -> None:
    def migrate(connection: Connection) -> None:
        with driver.migration_lock(connection), connection.begin():
            key = connection.execute(insert(Gizmo).values(name="first")).inserted_primary_key
            assert key is not None
            connection.execute(text("INSERT INTO child (gizmo_id) VALUES (:id)"), {"id": key[0]})
            connection.execute(text("CREATE TEMPORARY TABLE copy AS SELECT * FROM gizmo"))
            connection.execute(text("DELETE FROM gizmo"))
            connection.execute(text("INSERT INTO gizmo SELECT * FROM copy"))

    async with database.engine.connect() as connection:
        await connection.run_sync(migrate)
        assert await connection.scalar(text("SELECT count(*) FROM child")) == 1
        await connection.invalidate()


async def test_a_slow_read_of_the_driver_is_interrupted() -> None:
    count = text(
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i FROM n LIMIT :most) AS numbers"
    )
    statement = select(func.count()).select_from(count)
    async with small_engine() as engine:
        for _ in range(2):
            assert await database.reader.rows(statement, {"most": 3}) == [(3,)]
        with pytest.raises(OperationalError, match="interrupted"):
            await database.reader.rows(statement, {"most": 20_000_000})
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert await database.reader.rows(statement, {"most": 3}) == [(3,)]
