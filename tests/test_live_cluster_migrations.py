"""Migrations through every server of a cluster at the same time."""

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.clusters.group_replication import group, until
from tests.live import Service

pytestmark = pytest.mark.cluster

ROUNDS = 10
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


def migrate(service: Service, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [service.path / ".venv/bin/alembic", "upgrade", "head"],
        cwd=service.path,
        env=service.environment | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def migrate_everywhere(service: Service, urls: Sequence[str]) -> None:
    """Migrate through each server at once; one applies each revision, the others wait."""
    with ThreadPoolExecutor() as threads:
        ended = list(threads.map(lambda url: migrate(service, url), urls))
    words = "\n".join(process.stdout for process in ended)
    assert [process.returncode for process in ended] == [0] * len(urls), words
    applied = re.findall(r"migration_applied.*?revision\W+(\w+)", words)
    files = list((service.path / "migrations/versions").glob("*.py"))
    assert len(applied) == len(set(applied)) == len(files), words


def test_migrations_through_every_server_of_a_group(start: Callable[..., Service]) -> None:
    service = start(database="mysql")
    for number, step in enumerate(STEPS):
        add_revision(service, f"step {number}", step)
    with group(multi_primary=True) as servers:
        for number in range(ROUNDS):
            name = f"round_{number}"
            servers.nodes[number % 3].query(f"CREATE DATABASE {name}")
            shown = f"SHOW DATABASES LIKE '{name}'"
            for node in servers.nodes:
                until(partial(node.query, shown), name)
            began = time.monotonic()
            migrate_everywhere(service, [node.url(name) for node in servers.nodes])
            print(f"round {number}: {time.monotonic() - began:.1f} s")
            for node in servers.nodes:
                members = servers.members(seen_by=node)
                assert sorted(members.values()) == ["ONLINE PRIMARY"] * 3
