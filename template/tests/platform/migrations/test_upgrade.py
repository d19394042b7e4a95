"""Upgrades that fail in the middle, and upgrades without pending revisions."""

import asyncio

import pytest
from sqlalchemy import Connection, Engine, event, inspect, text

from app.core.database import engine
from app.core.errors import MigrationLockError
from tests.platform.scratch_migrations import Migrations

CREATE = 'op.create_table("{}", sa.Column("id", sa.Integer()))'


async def tables() -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda c: inspect(c).get_table_names()))


@pytest.mark.usefixtures("rebuilt_database")
def test_an_upgrade_without_pending_revisions_acquires_no_lock(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.add("first", CREATE.format("scratch_0"))
    migrations.upgrade()
    statements: list[str] = []

    def note(connection: Connection, cursor: object, sql: str, *_: object) -> None:
        statements.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with monkeypatch.context() as patch:
            patch.delattr("app.core.engine.driver.migration_lock")
            migrations.upgrade()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    # Two statements check that the version table exists, one reads it.
    assert len([sql for sql in statements if not sql.startswith("BEGIN")]) == 3


@pytest.mark.usefixtures("rebuilt_database")
async def test_no_statement_before_the_lock_names_the_missing_table_of_versions(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a statement may lock the name, and the holder of the lock would wait for it."""
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    statements: list[str] = []

    def note(connection: Connection, cursor: object, sql: str, values: object, *_: object) -> None:
        statements.append(f"{sql} {values}")

    def stop(connection: Connection) -> None:
        raise MigrationLockError("held")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with monkeypatch.context() as patch:
            patch.setattr("app.core.engine.driver.migration_lock", stop)
            message = await asyncio.to_thread(migrations.stop)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert message == "held"
    assert statements
    assert not [statement for statement in statements if "alembic_version" in statement]


@pytest.mark.parametrize("command", ["current", "check"])
def test_a_command_that_only_reads_acquires_no_lock(
    command: str, migrations: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("app.core.engine.driver.migration_lock")
    migrations.run(command)


@pytest.mark.usefixtures("rebuilt_database")
async def test_a_command_that_only_reads_creates_no_table(migrations: Migrations) -> None:
    migrations.add("first", CREATE.format("scratch_0"))
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(SystemExit):
        await asyncio.to_thread(migrations.run, "check")
    assert "alembic_version" not in await tables()


@pytest.mark.usefixtures("rebuilt_database")
async def test_a_failed_revision_lists_its_committed_statements(migrations: Migrations) -> None:
    migrations.add("first", CREATE.format("scratch_0"))
    insert = 'op.execute("INSERT INTO scratch_1 VALUES (1)")'
    migrations.add(
        "second", CREATE.format("scratch_1"), insert, CREATE.format("scratch_1"), CREATE.format("x")
    )
    message = await asyncio.to_thread(migrations.stop)
    assert "_second.py failed in line" in message
    assert "already exists" in message
    existing = await tables()
    assert ("CREATE TABLE scratch_1" in message) == ("scratch_1" in existing)
    assert ("INSERT INTO scratch_1" in message) == ("scratch_1" in existing)
    assert ("All revisions before it are complete." in message) == ("scratch_0" in existing)
