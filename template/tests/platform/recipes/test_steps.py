"""The steps of revisions, with writes of the old and the new release between them."""

import asyncio
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import literal_column, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core.database import engine
from migrations.lint import lint_revision
from scripts.local_database import create_database
from tests.platform.recipes.backfill import backfill
from tests.platform.scratch_migrations import Migrations

MODULE = f"{engine.dialect.name}_steps"
steps: Any = import_module(f"tests.platform.recipes.{MODULE}")
FUNCTIONS = {name: value for name, value in vars(steps).items() if isfunction(value)}
STEPS = [name for name in FUNCTIONS if not name.startswith(("undo_", "keep_"))]
UNDO = {"add_index": "drop_index", "drop_index": "add_index"}
CREATE = (
    'op.create_table("sender", sa.Column("id", sa.BigInteger(), primary_key=True))',
    'op.create_table("parcel", sa.Column("id", sa.BigInteger(), primary_key=True), '
    'sa.Column("number", sa.String(20)), sa.Column("sender_id", sa.BigInteger()), '
    'sa.Column("weight", sa.Integer(), nullable=False), sa.Column("sent_at", sa.DateTime()))',
)
REVISION = """
from tests.platform.recipes.{module} import {name} as upgrade
from tests.platform.recipes.{module} import {undo} as downgrade

revision = "{name}"
down_revision = "{previous}"
"""
OLD = sa.table("parcel", sa.column("id"), sa.column("weight"))
NEW = sa.table("parcel", sa.column("id"), sa.column("grams"), sa.column("country"))


class Base(DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcel"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    weight: Mapped[int]


FILL = update(Parcel).where(literal_column("grams").is_(None)).values(weight=Parcel.weight)


async def run(*statements: sa.Executable) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement)


@pytest.mark.usefixtures("rebuilt_database")
async def test_two_releases_write_between_the_steps(tmp_path: Path) -> None:
    await engine.dispose()
    await create_database(engine.url, anew=True)
    migrations = Migrations(tmp_path)
    for yours in migrations.known:
        yours.unlink()
    migrations.add("create", *CREATE)
    previous = [ScriptDirectory.from_config(Config(migrations.configuration)).get_heads()[0]]

    async def upgrade(*names: str) -> None:
        for name in names:
            undo = UNDO.get(name, f"undo_{name}")
            text = REVISION.format(module=MODULE, name=name, undo=undo, previous=previous[-1])
            (migrations.versions / f"{name}.py").write_text(text)
            previous.append(name)
        await asyncio.to_thread(migrations.upgrade)

    await upgrade()
    await run(OLD.insert().values(id=1, weight=1))
    await upgrade("add_country", "add_grams")
    await run(
        OLD.insert().values(id=2, weight=2),
        NEW.insert().values(id=3, grams=3, country="DE"),
        NEW.insert().values(id=4, grams=4, country="DE"),
        OLD.update().where(OLD.c.id == 3).values(weight=30),
        NEW.update().where(NEW.c.id == 2).values(grams=20, country="DE"),
    )
    assert await backfill(Parcel.id, FILL, pause=0) == 1
    await run(NEW.update().where(NEW.c.country.is_(None)).values(country="DE"))
    both = sa.text("SELECT weight, grams FROM parcel ORDER BY id")
    async with engine.connect() as connection:
        assert (await connection.execute(both)).all() == [(1, 1), (20, 20), (30, 30), (4, 4)]
    await upgrade(*(n for n in STEPS if n not in ("add_country", "add_grams", "drop_index")))
    async with engine.connect() as connection:
        found = await connection.run_sync(sa.inspect)
        columns = await connection.run_sync(lambda _: found.get_columns("parcel"))
        indexes = await connection.run_sync(lambda _: found.get_indexes("parcel"))
        keys = await connection.run_sync(lambda _: found.get_foreign_keys("parcel"))
    required = {column["name"] for column in columns if not column["nullable"]}
    assert required == {"id", "country", "grams"}
    assert "weight" not in {column["name"] for column in columns}
    assert {"ix_parcel_sent_at", "uq_parcel_number"} <= {index["name"] for index in indexes}
    assert [key["name"] for key in keys] == ["fk_parcel_sender_id_sender"]
    await upgrade("drop_index")
    await engine.dispose()
    await asyncio.to_thread(migrations.run, "downgrade", previous[0])
    await run(sa.text("DELETE FROM parcel"))
    await engine.dispose()
    await asyncio.to_thread(migrations.upgrade)


@pytest.mark.parametrize("name", STEPS)
def test_the_linter_finds_only_what_the_steps_make_safe(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(steps, "upgrade", getattr(steps, name), raising=False)
    assert {finding.operation for finding in lint_revision(steps)} <= {
        "execute ALTER",
        "execute DROP",
        "drop column parcel.weight",
        "set not null parcel.country",
        "set not null parcel.grams",
    }
