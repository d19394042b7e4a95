"""Migrations through every server of a cluster at the same time."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pymysql
import pytest

from tests.clusters.galera import galera
from tests.clusters.group_replication import group
from tests.clusters.mysql_node import Node, until
from tests.live import Service

pytestmark = pytest.mark.cluster

Begin = Callable[[str], subprocess.Popen[str]]

ROUNDS = 4
# A round takes 36 s on 2 cores that 15 to 20 processes share; one that waits for ever still fails.
SECONDS = 180
# Up to a second between a check for a table and the next statement, so that servers meet there.
CHECK = re.compile(r"inspect\(connection\)\.get_table_names\([\w.]*\)")
RUNNING = """
SELECT time, state, info FROM information_schema.processlist
WHERE command <> 'Sleep' AND id <> CONNECTION_ID()
"""
NOWHERE = "mysql://user:secret@127.0.0.1:1/shop"
STEPS = (
    'op.create_table("scratch", sa.Column("id", sa.Integer(), primary_key=True))',
    'op.add_column("scratch", sa.Column("name", sa.String(9)))',
)


def add_revision(service: Service, message: str, *steps: str) -> Path:
    """Add a revision that runs some steps; return its file."""
    versions = service.path / "migrations/versions"
    known = set(versions.glob("*.py"))
    service.run("uv", "run", "alembic", "revision", "-m", message, DATABASE_URL=NOWHERE)
    (file,) = set(versions.glob("*.py")) - known
    body = "".join(f"    {step}\n" for step in steps)
    text = file.read_text().replace("    pass\n", body, 1)
    imports = "import sqlalchemy as sa\nfrom alembic import op\n\n"
    file.write_text(text.replace("revision =", f"{imports}revision =", 1))
    return file


@pytest.fixture
def begin(mysql_service: Service) -> Iterator[Begin]:
    """Begin a migration of a database; what still runs at the end is killed."""
    processes = []

    def begin(url: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [mysql_service.path / ".venv/bin/alembic", "upgrade", "head"],
            cwd=mysql_service.path,
            env=mysql_service.environment | {"DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate()


def migrate_everywhere(begin: Begin, nodes: Sequence[Node], name: str, *, revisions: int) -> None:
    """Migrate through each server at once; one applies each revision, the others wait."""
    processes = [begin(node.url(name)) for node in nodes]
    try:
        words = "\n".join(process.communicate(timeout=SECONDS)[0] for process in processes)
    except subprocess.TimeoutExpired:
        pytest.fail(f"a migration does not end:\n{state_of(processes, nodes)}")
    assert [process.returncode for process in processes] == [0] * len(nodes), words
    applied = re.findall(r"migration_applied.*?revision\W+(\w+)", words)
    assert len(applied) == len(set(applied)) == revisions, words


def state_of(processes: Sequence[subprocess.Popen[str]], nodes: Sequence[Node]) -> str:
    """Return what each server runs and has logged, and what the processes have printed."""
    lines = []
    for node in nodes:
        try:
            running = node.query(RUNNING)
        except pymysql.Error as error:
            running = [error]
        lines += [f"server {node.number}:", *map(str, running), *node.complaints()]
    for process in processes:
        process.kill()
        lines.append(process.communicate()[0])
    return "\n".join(lines)


def rounds(service: Service, begin: Begin, nodes: Sequence[Node]) -> Iterator[int]:
    """Migrate a new database in each round through all servers; yield the number of the round."""
    for name in ("app/core/engine/migration_lock/lock_row.py", "migrations/env.py"):
        text, count = CHECK.subn(r"[*\g<0>, sleep(random())]", (service.path / name).read_text())
        assert count == 1, name
        imports = "from random import random\nfrom time import sleep\n"
        (service.path / name).write_text(text.replace("\nfrom ", f"\n{imports}from ", 1))
    for number, step in enumerate(STEPS):
        add_revision(service, f"step {number}", step)
    revisions = len([*(service.path / "migrations/versions").glob("*.py")])
    for number in range(ROUNDS):
        name = f"round_{number}"
        nodes[number % 3].query(f"CREATE DATABASE {name}")
        for node in nodes:
            until(partial(node.query, f"SHOW DATABASES LIKE '{name}'"), name)
        began = time.monotonic()
        migrate_everywhere(begin, nodes, name, revisions=revisions)
        print(f"round {number}: {time.monotonic() - began:.1f} s")
        yield number


def test_migrations_through_every_server_of_a_group(mysql_service: Service, begin: Begin) -> None:
    # With this option each session waits for the other servers, as that of the lock does.
    with group("--group-replication-consistency=BEFORE", multi_primary=True) as servers:
        for _ in rounds(mysql_service, begin, servers.nodes):
            for node in servers.nodes:
                members = servers.members(seen_by=node)
                assert sorted(members.values()) == ["ONLINE PRIMARY"] * 3


def test_migrations_through_every_server_of_galera(mysql_service: Service, begin: Begin) -> None:
    with galera() as servers:
        for _ in rounds(mysql_service, begin, servers.nodes):
            servers.until_complete()


def test_another_server_does_not_continue_a_killed_migration(
    mysql_service: Service, begin: Begin
) -> None:
    lease = mysql_service.path / "app/core/engine/migration_lock/lease.py"
    lease.write_text(lease.read_text().replace("LEASE = 30.0", "LEASE = 4.0"))
    add_revision(mysql_service, "slow", "op.execute('DO SLEEP(8)')", STEPS[0])
    with group(multi_primary=True) as servers:
        one, two, _ = servers.nodes
        one.query("CREATE DATABASE shop")
        until(partial(two.query, "SHOW DATABASES LIKE 'shop'"), "the database is everywhere")
        killed = begin(one.url("shop"))
        running = "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'"
        until(partial(one.query, running), "the slow statement runs")
        killed.kill()
        killed.communicate()
        other = begin(two.url("shop"))
        words, _ = other.communicate(timeout=60)
        assert other.returncode != 0, words
        assert "holds the migration lock and does not renew it" in words
        assert f":{one.port} " in words
        same = begin(one.url("shop"))
        words, _ = same.communicate(timeout=60)
        assert same.returncode == 0, words
        assert "migration_lock_taken_over" in words
        # Where the server has left, its statement cannot be committed any more.
        one.query("DELETE FROM shop.alembic_version")
        one.query("DROP TABLE shop.scratch, shop.product")
        killed = begin(one.url("shop"))
        until(partial(one.query, running), "the slow statement runs")
        one.kill()
        killed.communicate()
        words, _ = begin(two.url("shop")).communicate(timeout=90)
        assert "migration_lock_taken_over" in words
        assert two.query("SHOW TABLES FROM shop LIKE 'scratch'"), words
