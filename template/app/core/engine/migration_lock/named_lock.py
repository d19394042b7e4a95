"""The lock for migrations on one server, and the clusters on which it is not enough."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from sqlalchemy import Connection, text
from structlog import get_logger

from app.core.engine.migration_lock.lease import Errors, lease
from app.core.engine.migration_lock.lock_row import Cluster
from app.core.errors import MigrationLockError

logger = get_logger(__name__)

# One day: MariaDB does not accept -1 for "no limit", and would acquire no lock.
PATIENCE = 86400

# Not those with GLOBAL: `wsrep_on` of Percona XtraDB Cluster belongs to the session.
VARIABLES = text(
    "SHOW VARIABLES WHERE variable_name IN"
    " ('group_replication_group_name', 'version', 'wsrep_on') AND value NOT IN ('', 'OFF')"
)
# A statement goes on in its server when its client is gone, and other servers do not see it.
GROUP_REPLICATION = Cluster(
    synchronize="SET SESSION group_replication_consistency = 'BEFORE'",
    server="SELECT CONCAT(@@hostname, ':', @@port, ' ', @@server_uuid)",
    is_member="SELECT 1 FROM performance_schema.replication_group_members"
    " WHERE member_id = SUBSTRING_INDEX(:server, ' ', -1)",
)
# Galera orders schema changes with all other changes, so others wait for their end.
GALERA = Cluster(synchronize="SET SESSION wsrep_sync_wait = 15")
# GET_LOCK ends after an hour. All servers read the newest data.
TIDB = Cluster()


def cluster_of(connection: Connection) -> Cluster | None:
    """Return the cluster of the server; None if it is a server of its own, or the only primary."""
    found = {name.lower(): value for name, value in connection.execute(VARIABLES)}
    if "group_replication_group_name" in found:
        return GROUP_REPLICATION
    if "wsrep_on" in found:
        return GALERA
    return TIDB if "TiDB" in found.get("version", "") else None


@contextmanager
def migration_lock_of(
    cluster: Cluster | None, connection: Connection, errors: Errors
) -> Iterator[None]:
    """Hold the lock for migrations in this block.

    Raises:
        MigrationLockError: when the lock cannot be had, or is lost.
    """
    with ExitStack() as locks:
        # `GET_LOCK` too: others wait for the end of a statement whose client is gone.
        if cluster is None or cluster.is_member:
            locks.enter_context(named_lock(connection))
        if cluster is not None:
            locks.enter_context(lease(connection, cluster, errors))
        yield


@contextmanager
def named_lock(connection: Connection) -> Iterator[None]:
    """Hold a lock of the server; it ends with the session.

    The lock belongs to the session, since each DDL statement commits its transaction.

    Raises:
        MigrationLockError: when the server does not give the lock.
    """
    name = {"name": f"migrate {connection.engine.url.database}"[:64]}
    given = connection.execute(text("SELECT GET_LOCK(:name, 0)"), name).scalar()
    if given == 0:
        holder = connection.execute(text("SELECT IS_USED_LOCK(:name)"), name).scalar()
        logger.info("migration_lock_awaited", holder=f"connection {holder} of the server")
        wait = text("SELECT GET_LOCK(:name, :seconds)")
        given = connection.execute(wait, name | {"seconds": PATIENCE}).scalar()
    if given == 0:
        raise MigrationLockError("Another process has held the migration lock for a day.")
    if given is None:
        raise MigrationLockError("The server did not give the migration lock: GET_LOCK is NULL.")
    try:
        yield
    finally:
        with suppress(Exception):  # the end of the session releases it too
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), name)
