"""The mode of MySQL's connections: reads in autocommit, writes in transactions."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.util import greenlet_spawn

from app.core.config import get_settings
from app.core.database import build_reader, engine, read_only
from app.core.engine import driver, primary
from app.core.engine.autocommit import Dialect
from tests.platform.gizmo import Gizmo, count_gizmos

EngineFactory = Callable[..., AsyncEngine]

pytestmark = pytest.mark.usefixtures("committed_gizmos")

COUNT = "SELECT COUNT(*) FROM gizmo"
ONE = insert(Gizmo).values(id=1, name="first", price=1)
JSON = select(func.json_extract(bindparam("json"), text("'$[0]'")))
LEVEL = text("SELECT @@transaction_isolation")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that new connections send after their set-up."""
    commands: list[str] = []
    driver: Any = primary._Connection
    original = driver._execute_command

    async def execute(self: Any, command: int, sql: bytes | str) -> None:
        commands.append(sql.decode() if isinstance(sql, bytes) else sql)
        await original(self, command, sql)

    monkeypatch.setattr(driver, "_execute_command", execute)
    return commands


@pytest.fixture
async def small(make_engine: EngineFactory, sent: list[str]) -> AsyncEngine:
    """An engine with one open connection, whose last use was a read."""
    small = make_engine(database_max_overflow=0, database_pool_pre_ping=True)
    await build_reader(small, get_settings()).rows(select(Gizmo.id))
    sent.clear()
    return small


async def write(small: AsyncEngine) -> None:
    async with small.begin() as connection:
        await connection.execute(ONE)


async def in_transaction(connection: AsyncConnection) -> bool:
    driver_connection: Any = (await connection.get_raw_connection()).driver_connection
    return bool(driver_connection.get_transaction_status())


async def test_what_is_sent_without_sqlalchemy_is_rolled_back(small: AsyncEngine) -> None:
    await write(small)
    raw = await greenlet_spawn(small.sync_engine.raw_connection)
    driver_connection: Any = raw.driver_connection
    async with driver_connection.cursor() as cursor:
        await cursor.execute("UPDATE gizmo SET name = 'second'")
    await greenlet_spawn(raw.close)
    async with small.begin() as connection:
        assert await connection.scalar(select(Gizmo.name)) == "first"


async def test_what_is_sent_after_a_commit_is_rolled_back(small: AsyncEngine) -> None:
    await write(small)
    async with small.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await connection.commit()
        raw: Any = (await connection.get_raw_connection()).driver_connection
        async with raw.cursor() as cursor:
            await cursor.execute("UPDATE gizmo SET name = 'second'")
    assert await build_reader(small, get_settings()).rows(select(Gizmo.name)) == [("first",)]


def test_every_engine_of_the_service_has_this_dialect() -> None:
    assert type(engine.dialect).__mro__[:2] == Dialect.__mro__[:2]


async def test_reads_send_nothing_but_their_statement(small: AsyncEngine, sent: list[str]) -> None:
    reader = build_reader(small, get_settings())
    for _ in range(2):
        assert await reader.rows(select(Gizmo.id)) == []
        async with read_only(small, get_settings()).connect() as connection:
            assert (await connection.execute(text(COUNT))).scalar() == 0
            assert not await in_transaction(connection)
    assert [command.split()[0] for command in sent] == ["SELECT"] * 4


async def test_the_mode_changes_only_between_a_read_and_a_transaction(
    small: AsyncEngine, sent: list[str]
) -> None:
    reader = build_reader(small, get_settings())
    await write(small)
    async with small.begin() as connection:
        await connection.execute(text("DELETE FROM gizmo"))
    for _ in range(2):
        await reader.rows(select(Gizmo.id))
    words = [" ".join(command.split()[:2]) for command in sent]
    assert words == [
        *("SET AUTOCOMMIT", "INSERT INTO", "COMMIT"),
        *("DELETE FROM", "COMMIT"),
        *("SET AUTOCOMMIT", "SELECT gizmo.id", "SELECT gizmo.id"),
    ]


async def test_a_read_sees_what_was_committed_after_the_last_one(small: AsyncEngine) -> None:
    reader = build_reader(small, get_settings())
    assert await reader.rows(select(Gizmo.id)) == []
    await write(engine)
    assert await reader.rows(select(Gizmo.id)) == [(1,)]


async def test_a_failed_statement_leaves_no_transaction(
    small: AsyncEngine, sent: list[str]
) -> None:
    await write(engine)
    sent.clear()
    with pytest.raises(IntegrityError):
        await write(small)
    assert sent[-1] == "ROLLBACK"
    reader = build_reader(small, get_settings())
    assert await reader.rows(JSON, {"json": "[5]"}) == [("5",)]
    for statement, values in ((select(text("nothing")), None), (JSON, {"json": "no JSON"})):
        with pytest.raises(DBAPIError):
            await reader.rows(statement, values)
        assert sent[-1] == "ROLLBACK"
    sent.clear()
    await reader.rows(select(Gizmo.id))
    assert len(sent) == 1  # a new connection would send more


async def test_statements_after_one_that_ends_the_transaction_are_in_the_next_one(
    small: AsyncEngine,
) -> None:
    async with small.connect() as connection:
        await connection.execute(text("ALTER TABLE gizmo COMMENT 'new'"))
        await connection.execute(ONE)
    assert await count_gizmos() == 0


async def test_autocommit_of_a_connection_ends_with_its_use(small: AsyncEngine) -> None:
    async with small.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(ONE)
    assert await count_gizmos() == 1
    async with small.connect() as connection:
        await connection.execute(text("DELETE FROM gizmo"))
        assert await in_transaction(connection)
    assert await count_gizmos() == 1


async def test_an_isolation_level_ends_with_its_use(small: AsyncEngine) -> None:
    async with small.connect() as connection:
        default = await connection.scalar(LEVEL)
    for last in ("SERIALIZABLE", "AUTOCOMMIT"):
        async with small.connect() as connection:
            await connection.execution_options(isolation_level="SERIALIZABLE")
            await connection.execution_options(isolation_level=last)
            assert await connection.scalar(LEVEL) == "SERIALIZABLE"
        async with small.connect() as connection:
            assert await connection.scalar(LEVEL) == default


async def test_a_ping_is_sent_after_a_pause_only(
    small: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pings = []

    async def ping(self: Any, reconnect: bool = True) -> None:
        pings.append(reconnect)

    def select_one(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))

    monkeypatch.setattr(primary._Connection, "ping", ping)
    for pause in (60.0, 0.0):
        monkeypatch.setattr(primary, "PING_AFTER", pause)
        async with small.connect() as connection:
            await connection.run_sync(select_one)
    assert pings == [False]
    for pause, is_ready in ((60.0, True), (driver.SOON / 2, False)):
        monkeypatch.setattr(primary, "PING_AFTER", pause)
        async with small.connect() as connection:
            await connection.run_sync(select_one)
            raw: Any = (await connection.get_raw_connection()).driver_connection
            assert driver.is_ready(raw) is is_ready
