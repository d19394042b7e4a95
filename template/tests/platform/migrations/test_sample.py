"""The revision that drops the tables of the sample, on the database of the tests."""

import asyncio
import os

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, inspect

from app.core.database import engine
from app.models.base import NAMING_CONVENTION
from app.models.types import UTCDateTime
from migrations.lint import unaccepted
from scripts.sample import revision
from tests.platform.scratch_migrations import Migrations

METADATA = MetaData(naming_convention=NAMING_CONVENTION)
MAKER = Table(
    "maker", METADATA, Column("id", Integer, primary_key=True), Column("made_at", UTCDateTime)
)
GADGET = Table(
    "gadget",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("maker_id", ForeignKey("maker.id"), index=True),
)


async def indexes() -> set[str | None]:
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_multi_indexes())
    return {index["name"] for kind in found.values() for index in kind if "gadget" in str(index)}


@pytest.mark.usefixtures("rebuilt_database")
async def test_the_drop_can_be_undone_and_is_accepted(migrations: Migrations) -> None:
    config = Config(migrations.configuration)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    file = revision.create_drop([MAKER, GADGET], config)
    assert "_drop_product" in file.name
    assert unaccepted(ScriptDirectory.from_config(config)) == []
    for command, expected in (
        (("upgrade", "head"), set()),
        (("downgrade", "-1"), {"ix_gadget_maker_id"}),
        (("upgrade", "head"), set()),
    ):
        await asyncio.to_thread(migrations.run, *command)
        assert await indexes() == expected


def test_no_database_is_needed(migrations: Migrations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", os.environ["DATABASE_URL"])
    monkeypatch.setattr(revision, "is_configured", lambda: False)
    monkeypatch.delattr("sqlalchemy.ext.asyncio.AsyncEngine.connect")
    file = revision.create_drop([MAKER], Config(migrations.configuration))
    assert 'op.create_table(\n        "maker"' in file.read_text()
    assert "app." not in file.read_text()  # a revision has the types of the database
