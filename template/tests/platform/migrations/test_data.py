"""Rows in upgrades and downgrades: kept, unless the revision accepts a deletion."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    Enum,
    ForeignKey,
    MetaData,
    Select,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from app.core.database import engine
from app.models.base import Base
from tests.platform.database_server import ADD_CHECK
from tests.platform.scratch_migrations import Migrations

# Values by "table.column", for columns whose check constraint refuses the values of `_value`.
# Name your own in the fixture `row_values`, in tests/conftest.py.
VALUES: dict[str, Any] = {}

# The numbers of the rows of each table: small, so that they fit short columns.
numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))


@pytest.mark.usefixtures("rebuilt_database")
async def test_every_revision_keeps_the_rows(row_values: dict[str, Any]) -> None:
    assert await lost(Config("alembic.ini"), row_values) == []


@pytest.mark.usefixtures("rebuilt_database")
async def test_a_revision_that_loses_rows_is_found(
    migrations: Migrations, row_values: dict[str, Any]
) -> None:
    columns = 'sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(9))'
    path = migrations.add("first", f'op.create_table("scratch", {columns})')
    path.write_text(path.read_text().replace("    pass\n", '    op.drop_table("scratch")\n'))
    path = migrations.add("second", 'op.execute("DELETE FROM scratch")')
    configuration = Config(migrations.configuration)
    assert await lost(configuration, row_values) == ["scratch after second"]
    path.write_text(path.read_text() + '\naccepted_operations = {"execute DELETE"}\n')
    assert await lost(configuration, row_values) == []


@pytest.mark.usefixtures("rebuilt_database")
async def test_the_rows_fit_their_columns(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch, row_values: dict[str, Any]
) -> None:
    columns = {
        "country": "sa.String(2), unique=True, nullable=False",
        "rate": "sa.Numeric(5, 2)",
        "colour": "sa.String(50)",
        "status": "sa.String(9)",
    }
    lines = [f'sa.Column("{name}", {rest})' for name, rest in columns.items()]
    check = "sa.CheckConstraint(\"colour = 'red'\", name='colour')"
    create = f'op.create_table("scratch", {", ".join([*lines, check])})'
    path = migrations.add("add scratch", create, ADD_CHECK.format("\"status = 'new'\""))
    path.write_text(path.read_text().replace("    pass\n", '    op.drop_table("scratch")\n'))
    path = migrations.add("add", 'op.add_column("scratch", sa.Column("empty", sa.Integer()))')
    drop = '    op.drop_column("scratch", "empty")\n'
    path.write_text(path.read_text().replace("    pass\n", drop))
    alter = 'batch.alter_column("empty", existing_type=sa.Integer(), nullable=False)'
    migrations.add("require it", f'with op.batch_alter_table("scratch") as batch: {alter}')
    metadata = MetaData()
    Table("scratch", metadata, Column("colour", Enum("red", native_enum=False)))
    monkeypatch.setattr(Base, "metadata", metadata)
    monkeypatch.setitem(numbers, "scratch", count(1000))
    row_values = row_values | {"scratch.status": "new"}
    assert await lost(Config(migrations.configuration), row_values) == []


async def lost(configuration: Config, values: dict[str, Any]) -> list[str]:
    """Upgrade, downgrade and upgrade each revision; return the tables that lost rows."""
    await asyncio.to_thread(command.downgrade, configuration, "base")
    scripts = ScriptDirectory.from_config(configuration)
    found = []
    for script in reversed(list(scripts.walk_revisions())):
        before = await rows()
        await asyncio.to_thread(command.upgrade, configuration, script.revision)
        after = await rows(VALUES | values)
        await asyncio.to_thread(command.downgrade, configuration, "-1")
        down = await rows()
        await asyncio.to_thread(command.upgrade, configuration, script.revision)
        up = await rows(VALUES | values)
        if {"execute DELETE", "execute TRUNCATE"} & getattr(
            script.module, "accepted_operations", set()
        ):
            continue
        stay = before.keys() & after.keys()
        kept = {name for name in stay if before[name] < after[name]}
        kept &= {name for name in stay if down[name] == after[name] < up[name]}
        found += [f"{name} after {script.doc.splitlines()[0]}" for name in sorted(stay - kept)]
    return found


async def rows(values: dict[str, Any] | None = None) -> dict[str, int]:
    """Count the rows of each table; `values` inserts one row into each table first."""
    async with engine.begin() as connection:
        tables = await connection.run_sync(_tables)
        for table in tables if values is not None else []:
            keys = table.foreign_keys
            parents = {k.parent.name: await connection.scalar(_parent(k)) for k in keys}
            row = dict(_values(table, values or {})) | parents
            await connection.execute(insert(table).values(row))
            # As a backfill does: the next revision may make a column NOT NULL.
            for column in set(table.columns) - _unique(table):
                if (value := row.get(column.name)) is not None:
                    filled = update(table).where(column.is_(None)).values({column.name: value})
                    await connection.execute(filled)
        counts = {
            table.name: (
                await connection.execute(select(func.count()).select_from(table))
            ).scalar_one()
            for table in tables
        }
    await engine.dispose()
    return counts


def _parent(key: ForeignKey) -> Select[Any]:
    """Return the statement for the key of a parent, if possible of one without a child."""
    child = key.parent.table.alias().c[key.parent.name]
    return select(key.column).order_by(select(child).where(child == key.column).exists()).limit(1)


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _unique(table: Table) -> set[Column[Any]]:
    indexes = [index.columns for index in table.indexes if index.unique]
    keys = [key.columns for key in table.constraints if isinstance(key, UniqueConstraint)]
    return {column for columns in (*indexes, *keys) for column in columns}


def _values(table: Table, values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    key, model = next(numbers[table.name]), Base.metadata.tables.get(table.name)
    for column in table.columns:
        if (name := f"{table.name}.{column.name}") in values:
            yield column.name, values[name]
        elif model is not None and isinstance(_type(model, column.name), Enum):
            # An enum may be text in the database, with a CHECK of its values.
            yield column.name, _type(model, column.name).enums[0]
        elif column is not table.autoincrement_column and not column.computed:
            yield column.name, _value(column, key)


def _type(model: Table, column: str) -> Any:
    return model.columns[column].type if column in model.columns else None


def _value(column: Column[Any], key: int) -> Any:
    """Return a value that fits the column, another one for each key."""
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    if getattr(column.type, "display_width", None) == 1:
        return True  # a boolean on a database without a boolean type
    now = datetime.now(UTC)
    if not getattr(column.type, "timezone", False):
        now = now.replace(tzinfo=None)
    length = getattr(column.type, "length", None) or 20
    text = f"{key:x}"[-length:]
    values: dict[type, Any] = {
        bool: True,
        int: key,
        float: float(key),
        Decimal: Decimal(key).scaleb(-(getattr(column.type, "scale", None) or 0)),
        str: text,
        bytes: text.encode(),
        datetime: now,
        date: date(2026, 1, 2) + timedelta(days=key),
        time: now.timetz(),
        timedelta: timedelta(seconds=key),
        dict: {},
        list: [],
        UUID: UUID(int=key),
    }
    return values.get(column.type.python_type)
