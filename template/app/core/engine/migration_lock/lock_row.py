"""The row of a lock that all servers of a database see, and the statements on it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable
from structlog import get_logger

from app.core.errors import MigrationLockError

logger = get_logger(__name__)

# Not in the metadata of the models: no revision creates it.
lock_table = Table(
    "migration_lock",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(255)),
    Column("server", String(255)),
    Column("renewal", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Cluster:
    """The statements that a database with several servers needs.

    Attributes:
        synchronize: lets a session wait for changes of other servers before it reads.
        server: selects the name of the session's server.
        is_member: selects whether the cluster has the server `:server`, where statements may go on
            after their client is gone; None if other servers wait for the end of such a statement.
    """

    synchronize: str | None = None
    server: str | None = None
    is_member: str | None = None


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Return whether autogenerate reads an object of the database: not the table of the lock."""
    return kind != "table" or name != lock_table.name


def create_table(connection: Connection) -> None:
    """Create the table of the lock if it is missing; the caller commits."""
    # Not `has_table`: a statement on a missing table may lock its name until the transaction ends.
    # In a group of servers, CREATE TABLE of another server then waits for this session, and
    # ROLLBACK and CREATE TABLE of this session wait for the other server.
    if lock_table.name not in inspect(connection).get_table_names():
        connection.execute(CreateTable(lock_table, if_not_exists=True))


class LockRow:
    """The row as one process uses it.

    Args:
        cluster: the statements of the database.
        holder: the name of this process; no other has it.
        server: the name of the server that runs its statements; None if it does not matter.
    """

    def __init__(self, cluster: Cluster, holder: str, server: str | None) -> None:
        self._cluster, self._holder, self._server = cluster, holder, server

    def take(self, connection: Connection, *, expired: int | None) -> Row[Any] | None:
        """Take the lock if it is free.

        Args:
            connection: runs the statements; the caller commits.
            expired: a value of the counter; with it, the lock is taken from its holder.

        Returns:
            The row of another holder; None when this process has the lock.

        Raises:
            MigrationLockError: when a statement of the former holder may still run.
        """
        row = connection.execute(select(lock_table)).one_or_none()
        own = {"holder": self._holder, "server": self._server}
        if row is None:
            connection.execute(insert(lock_table).values(id=1, renewal=1, **own))
            return None
        if row.holder == self._holder:  # the answer to an earlier COMMIT was lost
            return None
        if row.holder is not None:
            if row.renewal != expired:
                return row
            self._refuse_if_running(connection, row)
        swap = update(lock_table).where(lock_table.c.renewal == row.renewal)
        if connection.execute(swap.values(renewal=row.renewal + 1, **own)).rowcount == 0:
            return row
        if row.holder is not None:
            logger.warning("migration_lock_taken_over", holder=row.holder)
        return None

    def renew(self, connection: Connection) -> bool:
        """Count the renewal; return whether this process still has the lock."""
        return self._change(connection, self._holder, self._server)

    def release(self, connection: Connection) -> None:
        """Free the lock, if this process has it."""
        self._change(connection, None, None)

    def _change(self, connection: Connection, holder: str | None, server: str | None) -> bool:
        own = update(lock_table).where(lock_table.c.holder == self._holder)
        values = own.values(holder=holder, server=server, renewal=lock_table.c.renewal + 1)
        return connection.execute(values).rowcount > 0

    def _refuse_if_running(self, connection: Connection, row: Row[Any]) -> None:
        if self._cluster.is_member is None or row.server == self._server:
            return
        is_member = True  # also without the right to ask
        with suppress(DBAPIError):
            found = connection.execute(text(self._cluster.is_member), {"server": row.server})
            is_member = found.scalar() is not None
        if is_member:
            raise MigrationLockError(
                f"{row.holder} holds the migration lock and does not renew it. Its last statement "
                f"may still run on the server {row.server}: migrate through that server, or make "
                f"sure that nothing runs there and delete the row of {lock_table.name}."
            )
