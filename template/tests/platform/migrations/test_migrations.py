import asyncio
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from app.core.database import engine
from app.core.engine import driver
from app.models.base import Base

ALEMBIC = Config("alembic.ini")
VERSIONS = Path("migrations/versions")


async def tables() -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda c: inspect(c).get_table_names()))


def test_the_revisions_have_one_head() -> None:
    assert len(ScriptDirectory.from_config(ALEMBIC).get_heads()) <= 1


def test_files_are_named_by_date_and_slug() -> None:
    for path in VERSIONS.glob("*.py"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d_[a-z0-9_]+\.py", path.name)


async def test_the_migrations_match_the_models() -> None:
    await asyncio.to_thread(command.check, ALEMBIC)


@pytest.mark.usefixtures("rebuilt_database")
async def test_upgrade_downgrade_upgrade() -> None:
    await asyncio.to_thread(command.downgrade, ALEMBIC, "base")
    assert await tables() == {"alembic_version"}
    await asyncio.to_thread(command.upgrade, ALEMBIC, "head")
    assert await tables() == {"alembic_version", *Base.metadata.tables}


@pytest.mark.usefixtures("rebuilt_database")
async def test_an_upgrade_waits_for_another_upgrade() -> None:
    await asyncio.to_thread(command.downgrade, ALEMBIC, "base")
    async with engine.begin() as elsewhere:
        lock = await elsewhere.run_sync(driver.migration_lock)
        await elsewhere.run_sync(lambda _: lock.__enter__())
        upgrade = asyncio.create_task(asyncio.to_thread(command.upgrade, ALEMBIC, "head"))
        await asyncio.sleep(1)
        assert not upgrade.done()
        await elsewhere.run_sync(lambda _: lock.__exit__(None, None, None))
        await elsewhere.rollback()
        await upgrade
    assert await tables() == {"alembic_version", *Base.metadata.tables}
