"""The steps of the recipe on a million rows, while two releases write 200 times a second each.

Rules, on a machine of any speed: no write fails, and no statement that reads the table runs under a
lock that blocks writes. `ONLINE_ROWS=20000 uv run pytest --proofs PATH` uses fewer rows.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live import Service

pytestmark = pytest.mark.proof

ROWS = int(os.environ.get("ONLINE_ROWS", "1000000"))
WRITER = Path(__file__).parent / "online_writer.py"
# What a write may wait for a lock; a revision waits 5 seconds, and longer on a slow machine.
SECONDS = 30
TIMEOUTS = {
    "postgresql": "SET LOCAL lock_timeout = '5s'",
    "mysql": "SET lock_wait_timeout = 5, innodb_lock_wait_timeout = 5",
}
# 100,000 numbers on each engine.
NUMBERS = (
    "WITH d AS (SELECT 0 AS i UNION ALL "
    + " UNION ALL ".join(f"SELECT {digit}" for digit in range(1, 10))
    + ") SELECT a.i + 10 * b.i + 100 * c.i + 1000 * e.i + 10000 * f.i AS i "
    "FROM d AS a, d AS b, d AS c, d AS e, d AS f"
)
CREATE = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "create", {previous!r}

def upgrade():
    op.create_table("sender", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.execute("INSERT INTO sender (id) VALUES (1)")
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger(), sa.Identity(start={rows} + 1), primary_key=True),
        sa.Column("number", sa.String(20)),
        sa.Column("sender_id", sa.BigInteger(), index=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime()),
    )
    for first in range(1, {rows} + 1, 100_000):
        op.execute(
            "INSERT INTO parcel (id, number, sender_id, weight, sent_at) "
            f"SELECT {{first}} + i, concat('P', {{first}} + i), 1, i % 30000, CURRENT_TIMESTAMP "
            f"FROM ({numbers}) AS n WHERE {{first}} + i <= {rows}"
        )
"""
STEP = """
import sqlalchemy as sa
from alembic import op

from tests.platform.recipes import {module} as steps

revision, down_revision = {name!r}, {previous!r}

def upgrade():
    op.execute({timeouts!r})
    if {watch!r}:
        watch(op.get_bind())
    steps.{name}()

def watch(bind):
    scans = [bind.exec_driver_sql({watch!r}).one()[0]]

    @sa.event.listens_for(bind, "after_cursor_execute")
    def check(connection, cursor, statement, *others):
        if statement == {watch!r}:
            return
        before = scans[0]
        scans[0], locks = connection.exec_driver_sql({watch!r}).one()
        assert not locks or scans[0] <= before, "reads all rows and blocks writes: " + statement
"""
# The reads of the whole table in this transaction, and its locks that block writes. On MySQL the
# server itself checks LOCK=NONE.
WATCH = """
    SELECT coalesce(sum(seq_scan), 0), (
        SELECT count(*) FROM pg_locks
        WHERE pid = pg_backend_pid() AND relation = 'parcel'::regclass AND mode IN
            ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    ) FROM pg_stat_xact_all_tables WHERE relid = 'parcel'::regclass
"""
BACKFILL = """
import asyncio
from sqlalchemy import BigInteger, MetaData, String, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tests.platform.recipes.backfill import backfill

class Base(DeclarativeBase):
    pass

class Parcel(Base):
    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    weight: Mapped[int]
    grams: Mapped[int | None]
    country: Mapped[str | None]

change = update(Parcel).where(Parcel.country.is_(None) | Parcel.grams.is_(None))
change = change.values(country="DE", grams=Parcel.weight)
print(asyncio.run(backfill(Parcel.id, change, batch=1000, pause=0.01)))
"""
SCALAR = """
import asyncio, sys
from sqlalchemy import text
from app.core.database import session_scope
async def main():
    async with session_scope() as session:
        print((await session.execute(text(sys.argv[1]))).scalar_one())
asyncio.run(main())
"""


class Changes:
    """A service whose table is changed while it is written."""

    def __init__(self, service: Service, database: str, url: str) -> None:
        self.service, self.database, self.url = service, database, url
        self.versions = service.path / "migrations" / "versions"
        (first,) = self.versions.glob("*.py")
        self.previous = first.read_text().split('\nrevision = "')[1].split('"')[0]

    def migrate(self, *names: str) -> None:
        for name in names:
            text = CREATE if name == "create" else STEP
            values = {
                "module": f"{self.database}_steps",
                "name": name,
                "numbers": NUMBERS,
                "previous": self.previous,
                "rows": ROWS,
                "timeouts": TIMEOUTS[self.database],
                "watch": WATCH if self.database == "postgresql" else "",
            }
            (self.versions / f"2030-01-01_{name}.py").write_text(text.format(**values))
            self.previous = name
        self.service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=self.url)

    def python(self, code: str, *arguments: str) -> str:
        command = ("uv", "run", "python", "-c", code, *arguments)
        return self.service.run(*command, DATABASE_URL=self.url).strip().splitlines()[-1]

    @contextmanager
    def writing(self, release: str) -> Iterator[None]:
        """Let a release write; fail when a write fails."""
        # Only a wait for a lock may end in an error, not one for a connection on a busy machine.
        limits = {"DATABASE_LOCK_TIMEOUT": str(SECONDS), "DATABASE_POOL_TIMEOUT": "60"}
        variables = {"DATABASE_URL": self.url} | limits
        process = subprocess.Popen(
            ["uv", "run", "python", str(WRITER), release, str(ROWS)],
            cwd=self.service.path,
            env=self.service.environment | variables | {"PYTHONPATH": str(self.service.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "ready":
                    break
            yield
            output, _ = process.communicate(timeout=120)
        facts: dict[str, Any] = json.loads(output.splitlines()[-1])
        print(release, facts)
        # A wait for a lock beyond DATABASE_LOCK_TIMEOUT is an error.
        assert facts["errors"] == {}
        assert facts["inserts"] > 100
        assert facts["updates"] > 100


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_table_in_use_is_changed_without_an_error(
    start: Callable[..., Service], database: str
) -> None:
    service = start(database=database)
    with service.running_database() as url, ExitStack() as old, ExitStack() as between:
        changes = Changes(service, database, url)
        changes.migrate("create")
        old.enter_context(changes.writing("old"))
        changes.migrate("add_country", "add_grams")
        between.enter_context(changes.writing("between"))
        old.close()
        assert int(changes.python(BACKFILL)) >= ROWS / 2
        checks = ["check_country", "check_grams"] if database == "postgresql" else []
        validations = ["validate_foreign_key"] if database == "postgresql" else []
        changes.migrate(*checks, "require_country", "require_grams", "make_weight_nullable")
        with changes.writing("new"):
            unequal = "SELECT count(*) FROM parcel WHERE grams <> weight OR grams IS NULL"
            assert changes.python(SCALAR, unequal) == "0"
            between.close()
            changes.migrate("add_index", "add_unique", "add_foreign_key", *validations)
            changes.migrate("drop_weight")
