"""SQLAlchemy's dialect of asyncmy, without round trips that have no effect.

A connection is in the mode of its last use: a read is a statement in autocommit mode, a transaction
has autocommit off. Changing the mode is one round trip, and keeping it none.
"""

from typing import Any, Literal

from sqlalchemy.dialects.mysql.asyncmy import MySQLDialect_asyncmy
from sqlalchemy.dialects.mysql.base import MySQLDialect


class Dialect(MySQLDialect_asyncmy):
    """The dialect of asyncmy; the driver's `autocommit_mode` is the mode that is wanted."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Bring the connection into its mode; the server begins a transaction by itself."""
        driver = dbapi_connection.driver_connection
        driver.is_committed = False
        if driver.get_autocommit() is not driver.autocommit_mode:
            dbapi_connection.autocommit(driver.autocommit_mode)

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit the transaction."""
        super().do_commit(dbapi_connection)  # type: ignore[no-untyped-call]
        dbapi_connection.driver_connection.is_committed = True

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll the transaction back, unless the driver knows that there is none."""
        if _may_be_in_transaction(dbapi_connection.driver_connection):
            super().do_rollback(dbapi_connection)  # type: ignore[no-untyped-call]

    def do_ping(self, dbapi_connection: Any) -> Literal[True]:
        """Ask whether the server answers, unless it has just done so."""
        needs_ping = getattr(dbapi_connection.driver_connection, "needs_ping", None)
        if needs_ping is not None and not needs_ping():
            return True
        return super().do_ping(dbapi_connection)

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """Set the level of the next transactions; AUTOCOMMIT takes effect with the next one."""
        driver = dbapi_connection.driver_connection
        driver.autocommit_mode = level == "AUTOCOMMIT"
        if not driver.autocommit_mode:
            MySQLDialect.set_isolation_level(self, dbapi_connection, level)
            driver.has_own_level = True

    def reset_isolation_level(self, dbapi_connection: Any) -> None:
        """Set the level of the server again, if there was another one."""
        driver = dbapi_connection.driver_connection
        driver.autocommit_mode = self._on_connect_isolation_level == "AUTOCOMMIT"
        if getattr(driver, "has_own_level", False):
            super().reset_isolation_level(dbapi_connection)  # type: ignore[no-untyped-call]
            driver.has_own_level = False


def _may_be_in_transaction(driver: Any) -> bool:
    return getattr(driver, "is_in_transaction", lambda: True)()
