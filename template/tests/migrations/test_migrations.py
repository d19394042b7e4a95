import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from app.core.database import engine
from app.models.base import Base

ALEMBIC = Config("alembic.ini")
VERSIONS = Path("migrations/versions")


@pytest.fixture
async def _migrated() -> AsyncIterator[None]:
    """Leave the newest schema behind, and no connection that remembers another one."""
    yield
    await asyncio.to_thread(command.upgrade, ALEMBIC, "head")
    await engine.dispose()


async def tables() -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda c: inspect(c).get_table_names()))


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(ALEMBIC).get_heads()) == 1


def test_files_are_named_by_date_and_slug() -> None:
    for path in VERSIONS.glob("*.py"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d_[a-z0-9_]+\.py", path.name)


async def test_models_and_migrations_do_not_drift() -> None:
    await asyncio.to_thread(command.check, ALEMBIC)


@pytest.mark.usefixtures("_migrated")
async def test_upgrade_downgrade_upgrade() -> None:
    await asyncio.to_thread(command.downgrade, ALEMBIC, "base")
    assert await tables() == {"alembic_version"}
    await asyncio.to_thread(command.upgrade, ALEMBIC, "head")
    assert await tables() == {"alembic_version", *Base.metadata.tables}


@pytest.mark.usefixtures("_migrated")
async def test_two_processes_that_upgrade_at_once_end_well() -> None:
    await asyncio.to_thread(command.downgrade, ALEMBIC, "base")
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "alembic", "upgrade", "head", env=dict(os.environ)
        )
        for _ in range(2)
    ]
    assert [await process.wait() for process in processes] == [0, 0]
    assert await tables() == {"alembic_version", *Base.metadata.tables}


def test_offline_sql_needs_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    command.upgrade(ALEMBIC, "head", sql=True)
    assert "CREATE TABLE product" in capsys.readouterr().out
