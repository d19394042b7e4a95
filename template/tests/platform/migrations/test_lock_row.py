"""The row of the lock for migrations, as two processes use it."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from app.core.database import engine
from app.core.engine.migration_lock.lock_row import Cluster, LockRow, create_table, lock_table
from app.core.errors import MigrationLockError
from tests.platform import database

ONE = LockRow(Cluster(), "one", None)
TWO = LockRow(Cluster(), "two", None)


@pytest.fixture(autouse=True)
async def _table() -> AsyncIterator[None]:
    async with database.tables(lock_table.metadata):
        yield


async def run(work: Any) -> Any:
    async with engine.begin() as connection:
        return await connection.run_sync(work)


async def take(row: LockRow, expired: int | None = None) -> Any:
    return await run(partial(row.take, expired=expired))


async def test_one_process_takes_the_lock() -> None:
    assert await take(ONE) is None
    assert (await take(TWO)).holder == "one"
    assert await run(ONE.renew)
    assert not await run(TWO.renew)
    await run(TWO.release)
    assert (await take(TWO)).renewal == 2
    await run(ONE.release)
    assert await take(TWO) is None
    assert (await take(ONE)).holder == "two"


async def test_a_process_that_has_the_lock_takes_it_again() -> None:
    assert await take(ONE) is None
    assert await take(ONE) is None


async def test_a_lock_is_taken_over_only_with_its_last_counter() -> None:
    await take(ONE)
    await run(ONE.renew)
    assert (await take(TWO, expired=1)).holder == "one"
    assert await take(TWO, expired=2) is None
    assert not await run(ONE.renew)


async def test_a_change_between_reading_and_taking_wins() -> None:
    await take(ONE)
    await run(ONE.release)
    async with engine.connect() as other, engine.connect() as connection:
        fired = False

        def change(own: Connection, cursor: object, sql: str, *_: object) -> None:
            nonlocal fired
            if sql.startswith("UPDATE") and not fired:
                fired = True
                assert ONE.take(other.sync_connection, expired=None) is None  # type: ignore[arg-type]
                other.sync_connection.commit()  # type: ignore[union-attr]

        event.listen(connection.sync_connection, "before_cursor_execute", change)
        assert await connection.run_sync(partial(TWO.take, expired=None)) is not None
        await connection.rollback()
    assert (await take(TWO)).holder == "one"


@pytest.mark.parametrize(
    ("is_member", "refused"),
    [
        ("SELECT 1 WHERE :server = 'old'", True),
        ("SELECT 1 WHERE :server = 'other'", False),
        ("SELECT refused, :server", True),
    ],
)
async def test_a_statement_on_another_server_may_still_run(is_member: str, refused: bool) -> None:
    cluster = Cluster(is_member=is_member)
    await take(LockRow(cluster, "one", "old"))
    own = LockRow(cluster, "two", "new")
    if refused:
        with pytest.raises(MigrationLockError, match=r"one holds .* on the server old:"):
            await take(own, expired=1)
        # Its own server would make it wait for the end of the statement.
        own = LockRow(cluster, "two", "old")
    assert await take(own, expired=1) is None


async def test_the_table_is_created_once() -> None:
    await run(lambda connection: connection.execute(text("DROP TABLE migration_lock")))
    statements: list[str] = []

    def note(connection: Connection, cursor: object, sql: str, values: object, *_: object) -> None:
        statements.append(f"{sql.strip()} {values}")

    for _ in range(2):
        async with engine.connect() as connection:
            event.listen(connection.sync_connection, "before_cursor_execute", note)
            await connection.run_sync(create_table)
            await connection.commit()
    # A statement that names the missing table may lock its name.
    (created,) = [statement for statement in statements if lock_table.name in statement]
    assert created.startswith("CREATE TABLE")
    assert await take(ONE) is None
