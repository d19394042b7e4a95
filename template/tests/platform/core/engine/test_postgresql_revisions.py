"""Revisions that do not block writers."""

import asyncio
from pathlib import Path
from types import ModuleType

import pytest

from migrations.lint import lint_revision
from tests.platform.scratch_migrations import Migrations

CREATE = 'op.create_table("scratch", sa.Column("id", sa.Integer()))'


def operations(line: str) -> list[str]:
    revision = ModuleType("revision")
    exec(f"from alembic import op\ndef upgrade(): {line}", revision.__dict__)
    return [finding.operation for finding in lint_revision(revision)]


def test_operations_that_block_writers_are_unsafe() -> None:
    index = 'op.create_index("i", "t", ["name"]{})'
    assert operations(index.format("")) == ["add index i"]
    assert operations(index.format(", postgresql_concurrently=True")) == []
    key = 'op.create_foreign_key("f", "t", "u", ["name"], ["name"]{})'
    assert operations(key.format("")) == ["add constraint f"]
    assert operations(key.format(", postgresql_not_valid=True")) == []


@pytest.mark.usefixtures("rebuilt_database")
async def test_an_index_is_created_concurrently_under_the_migration_lock(
    tmp_path: Path,
) -> None:
    migrations = Migrations(tmp_path)
    migrations.add("create scratch", CREATE)
    migrations.add(
        "index scratch",
        "with op.get_context().autocommit_block():",
        "    op.execute(\"SET lock_timeout = '5s'\")",
        '    op.create_index("ix_scratch_id", "scratch", ["id"], postgresql_concurrently=True)',
        CREATE,
    )
    message = await asyncio.to_thread(migrations.stop)
    stays = message.split("These statements of the revision are committed:\n")[1].split("Undo")[0]
    assert stays.strip().startswith("CREATE INDEX CONCURRENTLY ix_scratch_id")


def test_operations_that_the_guide_recommends_are_safe() -> None:
    for line in (
        'op.create_index("i", "t", ["name"], unique=True, postgresql_concurrently=True)',
        'op.execute("ALTER TABLE t VALIDATE CONSTRAINT c")',
        'op.execute("ALTER TABLE t ADD CONSTRAINT i UNIQUE USING INDEX i")',
    ):
        assert operations(line) == []
    assert operations('op.execute("ALTER TABLE t VALIDATE CONSTRAINT c, DROP name")') == [
        "execute ALTER"
    ]
