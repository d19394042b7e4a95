"""The lock for migrations of databases where a lock of one server is not enough."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection, literal, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from app.core.database import engine
from app.core.engine import driver
from app.core.engine.migration_lock import lease
from app.core.engine.migration_lock.lock_row import Cluster, lock_table
from app.core.errors import DatabaseUnavailableError, MigrationLockError
from tests.platform import database
from tests.platform.database_server import UNAVAILABLE, DriverError
from tests.platform.scratch_migrations import Migrations

CREATE = 'op.create_table("{}", sa.Column("id", sa.Integer()))'
LOST = "has taken over the migration lock"
STEAL = update(lock_table).values(holder="thief", renewal=lock_table.c.renewal + 1)


@pytest.fixture(autouse=True)
def _lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the lease on this server too, with short times."""
    cluster = Cluster(synchronize="SELECT 1", server="SELECT 'here'")
    monkeypatch.setattr(driver, "cluster_of", lambda connection: cluster)
    monkeypatch.setattr(lease, "LEASE", 0.6)
    monkeypatch.setattr(lease, "RENEWAL", 0.1)
    monkeypatch.setattr(lease, "PAUSE", 0.05)


@pytest.fixture(autouse=True)
async def _table() -> AsyncIterator[None]:
    async with database.tables(lock_table.metadata):
        yield


@asynccontextmanager
async def lock() -> AsyncIterator[AsyncConnection]:
    """Hold the lock in a block; yield the connection that it is for."""
    async with engine.connect() as connection:
        held = await connection.run_sync(driver.migration_lock)
        await connection.run_sync(lambda _: held.__enter__())
        try:
            yield connection
        finally:
            await connection.run_sync(lambda _: held.__exit__(None, None, None))


@asynccontextmanager
async def lock_to_lose() -> AsyncIterator[AsyncConnection]:
    """Hold the lock in a block that loses it."""
    with pytest.raises(MigrationLockError, match=LOST):
        async with lock() as connection:
            yield connection


async def holder() -> str | None:
    async with engine.connect() as connection:
        name: str | None = await connection.scalar(select(lock_table.c.holder))
        return name


async def steal() -> None:
    async with engine.begin() as connection:
        await connection.execute(STEAL)


async def test_others_wait_while_the_holder_renews_the_lock() -> None:
    order = []
    began = asyncio.Event()

    async def migrate(number: int) -> None:
        async with lock():
            order.append(number)
            began.set()
            await asyncio.sleep(1 if number == 1 else 0)
            order.append(number)

    with capture_logs() as lines:
        first = asyncio.create_task(migrate(1))
        await began.wait()
        name = await holder()
        await asyncio.gather(migrate(2), migrate(3), first)
    assert order in ([1, 1, 2, 2, 3, 3], [1, 1, 3, 3, 2, 2])
    assert [line["event"] for line in lines][:2] == ["migration_lock_awaited"] * 2
    assert {line["holder"] for line in lines[:2]} == {name}
    assert await holder() is None


async def test_a_lock_that_nobody_renews_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "cluster_of", lambda connection: Cluster())
    async with engine.begin() as connection:
        await connection.execute(lock_table.insert().values(id=1, holder="gone", renewal=7))
    started = asyncio.get_running_loop().time()
    with capture_logs() as lines:
        async with lock():
            assert asyncio.get_running_loop().time() - started >= lease.LEASE / 2
    assert {"event": "migration_lock_taken_over", "holder": "gone", "log_level": "warning"} in lines


async def test_no_statement_begins_without_the_lock() -> None:
    async with lock_to_lose() as connection:
        await connection.execute(select(literal(1)))
        await steal()
        await asyncio.sleep(lease.LEASE)
        with pytest.raises(MigrationLockError, match=LOST):
            await connection.execute(select(literal(1)))
    assert await holder() == "thief"


async def test_a_migration_that_lost_the_lock_fails() -> None:
    async with lock_to_lose():
        await steal()


@pytest.mark.usefixtures("rebuilt_database")
async def test_a_revision_stops_when_the_lock_is_lost(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE", 0)
    change = "UPDATE migration_lock SET holder = 'thief'"
    steal = ("with op.get_context().autocommit_block():", f'    op.execute("{change}")')
    migrations.add("steal", CREATE.format("scratch_1"), *steal, CREATE.format("scratch_2"))
    message = await asyncio.to_thread(migrations.stop)
    assert LOST in message
    assert "_steal.py failed in line" in message
    assert "CREATE TABLE scratch_1" in message
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: sync.dialect.get_table_names(sync))
    assert "scratch_2" not in names


async def test_the_table_of_the_lock_is_no_difference(migrations: Migrations) -> None:
    await asyncio.to_thread(migrations.run, "check")


class Failing:
    """A transaction that fails with some errors before it succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self, connection: Connection) -> bool:
        if self.errors:
            raise self.errors.pop(0)
        return True


def wrapped(kind: type[DBAPIError], code: object) -> DBAPIError:
    return kind("COMMIT", None, DriverError(code))


def a_lease(connection: Connection) -> lease._Lease:
    errors = lease.Errors(connecting=(OSError,), is_unavailable=driver.is_unavailable)
    return lease._Lease(connection, Cluster(), errors, None)


async def test_a_conflict_is_repeated() -> None:
    failing = Failing(
        wrapped(DBAPIError, UNAVAILABLE[0]),
        wrapped(IntegrityError, "duplicate"),
        DatabaseUnavailableError(),
        OSError(),
    )

    async with engine.connect() as connection:
        assert await connection.run_sync(lambda sync: a_lease(sync)._transact(failing))


def unavailable() -> DatabaseUnavailableError:
    error = DatabaseUnavailableError()
    error.__cause__ = OSError("away")
    return error


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ([wrapped(ProgrammingError, "denied")], "denied"),
        ([OSError("away") for _ in range(100)], "away"),
        ([unavailable() for _ in range(100)], "away"),
        ([TimeoutError() for _ in range(100)], "TimeoutError"),
    ],
)
async def test_other_errors_and_too_many_of_them_are_reported(
    errors: list[Exception], reason: str
) -> None:
    failing = Failing(*errors)
    async with engine.connect() as connection:
        with pytest.raises(MigrationLockError, match=f"The migration lock failed: .*{reason}"):
            await connection.run_sync(lambda sync: a_lease(sync)._transact(failing))
