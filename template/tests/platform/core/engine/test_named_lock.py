"""The lock for migrations: its answers, and the clusters on which it is not enough."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.core.database import engine
from app.core.engine.migration_lock.lock_row import Cluster
from app.core.engine.migration_lock.named_lock import (
    GALERA,
    GROUP_REPLICATION,
    TIDB,
    cluster_of,
    named_lock,
)
from app.core.errors import MigrationLockError


class Answers:
    """A connection whose statements return one value each, in turn."""

    engine = engine

    def __init__(self, *values: object) -> None:
        self.values = list(values)

    def execute(self, *_: object) -> Any:
        return SimpleNamespace(scalar=lambda: self.values.pop(0))


@pytest.mark.parametrize(
    ("values", "message"),
    [((0, 42, 0), "for a day"), ((None,), "GET_LOCK is NULL"), ((0, 42, None), "is NULL")],
)
def test_a_lock_that_the_server_does_not_give_stops_the_migration(
    values: tuple[object, ...], message: str
) -> None:
    with pytest.raises(MigrationLockError, match=message), named_lock(cast(Any, Answers(*values))):
        pytest.fail("it has the lock")


@pytest.mark.parametrize(
    ("variables", "cluster"),
    [
        ([("version", "9.7.4")], None),
        ([("group_replication_group_name", "aaaa"), ("version", "9.7.4")], GROUP_REPLICATION),
        ([("version", "10.11.19-MariaDB"), ("wsrep_on", "ON")], GALERA),
        ([("version", "8.0.11-TiDB-v8.5.0")], TIDB),
    ],
)
def test_a_cluster_is_known_by_the_variables_of_its_servers(
    variables: list[tuple[str, str]], cluster: Cluster | None
) -> None:
    connection = SimpleNamespace(execute=lambda _: variables)
    assert cluster_of(cast(Any, connection)) is cluster


async def test_a_server_of_its_own_is_no_cluster() -> None:
    async with engine.connect() as connection:
        assert await connection.run_sync(cluster_of) is None
