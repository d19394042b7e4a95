"""Each statement of the service and its migrations, held against limits of distributed databases.

They are those that the manuals name, see `docs/recipes/distributed-databases.md`; the databases
themselves are not started here.
"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.core.config import get_settings
from app.core.doctor.database import check_database
from app.core.doctor.findings import Context, Level
from app.core.engine import driver
from app.core.engine.migration_lock.lock_row import Cluster, lock_table
from app.main import create_app
from tests.platform import database
from tests.platform.clients import client_of
from tests.platform.database_server import LIMITS, NEEDED
from tests.platform.gizmo import GIZMOS, with_gizmos
from tests.platform.scratch_migrations import Migrations

REVISION = (
    "op.create_table('scratch', sa.Column('id', sa.BigInteger, primary_key=True),"
    " sa.Column('name', sa.String(9), nullable=False), sa.Column('price', sa.Numeric(10, 2)))",
    "op.create_index('ix_scratch_name', 'scratch', ['name'])",
    "op.add_column('scratch', sa.Column('note', sa.Text))",
    "op.drop_table('scratch')",
)
ROW = re.compile(r"\bFOR UPDATE\b|^UPDATE |^DELETE ")


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The statements of all engines from here on."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: object) -> None:
        statements.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


async def send_requests() -> None:
    app = with_gizmos(create_app())
    async with app.router.lifespan_context(app), client_of(app) as client:
        created = await client.post(GIZMOS, json={"name": "first", "price": "1"})
        row = f"{GIZMOS}/{created.json()['id']}"
        responses = [
            created,
            await client.get("/health/ready"),
            await client.get(GIZMOS, params={"sort": "-price", "limit": 1, "total": True}),
            await client.get(GIZMOS, params={"name_like": "f", "names": "first"}),
            await client.get(row),
            await client.patch(row, json={"price": "2"}),
            await client.delete(row),
        ]
    assert [response.status_code for response in responses] == [201, 200, 200, 200, 200, 200, 204]


def refused(statements: list[str]) -> dict[str, set[str]]:
    """Return the parts of statements that a database refuses, by its name."""
    found: dict[str, set[str]] = {}
    for name, pattern in LIMITS.items():
        parts = re.findall(pattern, "\n".join(statements), re.IGNORECASE)
        if parts:
            found[name] = {part.upper() for part in parts}
    return found


@pytest.mark.usefixtures("committed_gizmos")
async def test_no_request_sends_what_a_distributed_database_refuses(sent: list[str]) -> None:
    await send_requests()
    assert any(statement.startswith("INSERT INTO gizmo") for statement in sent)
    assert refused(sent) == {}


def test_the_doctor_sends_no_statement_that_a_distributed_database_refuses(sent: list[str]) -> None:
    findings = check_database(Context(get_settings()))
    assert not [found for found in findings if found.level == Level.ERROR]
    assert any("alembic_version" in statement for statement in sent)
    assert refused(sent) == {}


@pytest.mark.usefixtures("committed_gizmos")
async def test_a_row_is_changed_and_locked_by_its_key(sent: list[str]) -> None:
    await send_requests()
    changes = [statement for statement in sent if ROW.search(statement) and "gizmo" in statement]
    assert len(changes) == 4  # two locks, a change and a deletion
    assert all(re.search(r"WHERE gizmo\.id = ", statement) for statement in changes)


@pytest.fixture
async def _lock_table() -> AsyncIterator[None]:
    async with database.tables(lock_table.metadata):
        yield


@pytest.mark.usefixtures("_lock_table")
def test_migrations_need_of_a_distributed_database_only_what_the_page_names(
    migrations: Migrations, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "cluster_of", lambda connection: Cluster())
    migrations.add("add scratch", *REVISION)
    migrations.upgrade()
    assert any("CREATE TABLE scratch" in statement for statement in sent)
    migrations.run("downgrade", "-1")
    assert refused(sent) == NEEDED
