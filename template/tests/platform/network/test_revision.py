"""The lock timeout of a revision."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.database import engine
from tests.platform.scratch_migrations import Migrations

CREATE = 'op.create_table("scratch", sa.Column("id", sa.Integer()))'


@pytest.mark.usefixtures("rebuilt_database")
async def test_a_revision_fails_after_the_lock_timeout(tmp_path: Path) -> None:
    migrations = Migrations(tmp_path)
    migrations.add("create scratch", CREATE)
    await asyncio.to_thread(migrations.upgrade)
    change = 'op.add_column("scratch", sa.Column("name", sa.String(10)))'
    revision = migrations.add("add name", change)
    limits = revision.read_text()
    revision.write_text(limits.replace("'5s'", "'100ms'").replace("= 5", "= 1"))
    async with engine.connect() as user:
        await user.execute(text("SELECT * FROM scratch"))
        message = await asyncio.to_thread(migrations.stop)
    assert "add_name.py failed in line" in message
    assert "The revision is rolled back." in message
    await asyncio.to_thread(migrations.upgrade)
