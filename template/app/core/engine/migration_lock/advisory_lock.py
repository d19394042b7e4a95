"""The lock for migrations on one server, and the databases that have no such lock."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from structlog import get_logger

from app.core.engine.migration_lock.lease import Errors, lease
from app.core.engine.migration_lock.lock_row import Cluster

logger = get_logger(__name__)

# CockroachDB accepts the functions of the lock without an effect; older releases of YugabyteDB
# refuse them.
WITHOUT_LOCKS = re.compile(r"CockroachDB|-YB-")


def cluster_of(connection: Connection) -> Cluster | None:
    """Return the cluster of a database without advisory locks; None for all others."""
    version = connection.execute(text("SELECT version()")).scalar_one()
    connection.rollback()
    return Cluster() if WITHOUT_LOCKS.search(version) else None


@contextmanager
def migration_lock_of(
    cluster: Cluster | None, connection: Connection, errors: Errors
) -> Iterator[None]:
    """Hold the lock for migrations in this block.

    A separate transaction holds the lock of a server, since the transaction of a revision ends
    with it.

    Raises:
        MigrationLockError: when the lock cannot be had, or is lost.
    """
    if cluster is not None:
        with lease(connection, cluster, errors):
            yield
        return
    with connection.engine.connect() as holder:
        holder.execute(text("SET LOCAL lock_timeout = 0"))
        holder.execute(text("SET LOCAL statement_timeout = 0"))
        taken = text("SELECT pg_try_advisory_xact_lock(hashtext('migration'))")
        if not holder.execute(taken).scalar_one():
            logger.info("migration_lock_awaited", holder="another process")
            holder.execute(text("SELECT pg_advisory_xact_lock(hashtext('migration'))"))
        # After the lock: this statement also ends the snapshot that CONCURRENTLY would wait for.
        holder.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield
