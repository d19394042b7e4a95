"""The lock for migrations: databases that have none."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.core.engine.migration_lock.advisory_lock import cluster_of


@pytest.mark.parametrize(
    ("version", "has_locks"),
    [
        ("PostgreSQL 18.0 on x86_64-pc-linux-gnu", True),
        ("CockroachDB CCL v25.4.0 (x86_64-pc-linux-gnu)", False),
        ("PostgreSQL 15.12-YB-2025.2.0.0-b0 on x86_64-pc-linux-gnu", False),
    ],
)
def test_databases_without_advisory_locks_are_known(version: str, has_locks: bool) -> None:
    answer = SimpleNamespace(scalar_one=lambda: version)
    connection = SimpleNamespace(execute=lambda _: answer, rollback=lambda: None)
    assert (cluster_of(cast(Any, connection)) is None) is has_locks
