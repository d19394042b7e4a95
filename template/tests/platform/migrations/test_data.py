"""Rows in upgrades and downgrades: kept, unless the revision accepts a deletion."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Enum, MetaData, Table, func, insert, select

from app.core.database import engine
from tests.platform.scratch_migrations import Migrations

# Values by "table.column", for columns whose check constraint refuses the values of `_value`.
VALUES: dict[str, Any] = {}

number = count(1)


@pytest.mark.usefixtures("rebuilt_database")
async def test_every_revision_keeps_the_rows() -> None:
    assert await lost(Config("alembic.ini")) == []


@pytest.mark.usefixtures("rebuilt_database")
async def test_a_revision_that_loses_rows_is_found(migrations: Migrations) -> None:
    columns = 'sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(9))'
    path = migrations.add("first", f'op.create_table("scratch", {columns})')
    path.write_text(path.read_text().replace("    pass\n", '    op.drop_table("scratch")\n'))
    path = migrations.add("second", 'op.execute("DELETE FROM scratch")')
    configuration = Config(migrations.configuration)
    assert await lost(configuration) == ["scratch after second"]
    path.write_text(path.read_text() + '\naccepted_operations = {"execute DELETE"}\n')
    assert await lost(configuration) == []


async def lost(configuration: Config) -> list[str]:
    """Upgrade, downgrade and upgrade each revision; return the tables that lost rows."""
    await asyncio.to_thread(command.downgrade, configuration, "base")
    scripts = ScriptDirectory.from_config(configuration)
    found = []
    for script in reversed(list(scripts.walk_revisions())):
        before = await rows()
        await asyncio.to_thread(command.upgrade, configuration, script.revision)
        after = await rows(filled=True)
        await asyncio.to_thread(command.downgrade, configuration, "-1")
        down = await rows()
        await asyncio.to_thread(command.upgrade, configuration, script.revision)
        up = await rows(filled=True)
        if {"execute DELETE", "execute TRUNCATE"} & getattr(
            script.module, "accepted_operations", set()
        ):
            continue
        stay = before.keys() & after.keys()
        kept = {name for name in stay if before[name] < after[name]}
        kept &= {name for name in stay if down[name] == after[name] < up[name]}
        found += [f"{name} after {script.doc.splitlines()[0]}" for name in sorted(stay - kept)]
    return found


async def rows(*, filled: bool = False) -> dict[str, int]:
    """Count the rows of each table; `filled` inserts one row into each table first."""
    async with engine.begin() as connection:
        tables = await connection.run_sync(_tables)
        for table in tables if filled else []:
            parents = {
                key.parent.name: (await connection.execute(select(key.column).limit(1))).scalar()
                for key in table.foreign_keys
            }
            await connection.execute(insert(table).values(dict(_values(table)) | parents))
        counts = {
            table.name: (
                await connection.execute(select(func.count()).select_from(table))
            ).scalar_one()
            for table in tables
        }
    await engine.dispose()
    return counts


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _values(table: Table) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        if (name := f"{table.name}.{column.name}") in VALUES:
            yield column.name, VALUES[name]
        elif column is not table.autoincrement_column and not column.computed:
            yield column.name, _value(column)


def _value(column: Column[Any]) -> Any:
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if getattr(column.type, "display_width", None) == 1:
        return True  # a boolean on a database without a boolean type
    now, key = datetime.now(UTC), next(number)
    if not getattr(column.type, "timezone", False):
        now = now.replace(tzinfo=None)
    values: dict[type, Any] = {
        bool: True,
        int: key,
        float: float(key),
        Decimal: Decimal(key),
        str: str(key),
        bytes: str(key).encode(),
        datetime: now,
        date: date(2026, 1, 2),
        dict: {},
        list: [],
        UUID: UUID(int=key),
    }
    return values.get(column.type.python_type)
