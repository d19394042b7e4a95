"""The tenant of each transaction, for the policies of the database."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from app.core.database import engine
from app.core.engine.reader import Reader
from tests.platform.recipes.tenants import current_tenant_id

# `true` is SET LOCAL: the setting ends with the transaction.
SET_TENANT = text("SELECT set_config('app.tenant', :tenant, true)")


def name_tenant(connection: Connection) -> None:
    """Set the tenant of a transaction.

    Raises:
        LookupError: when there is no tenant.
    """
    connection.execute(SET_TENANT, {"tenant": str(current_tenant_id())})


@event.listens_for(Session, "after_begin")
def _name_tenant(session: Session, transaction: object, connection: Connection) -> None:
    """Without a tenant the policies show no row, and other tables work as before."""
    # In AUTOCOMMIT the setting would end with its own statement.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        with suppress(LookupError):
            name_tenant(connection)


@contextmanager
def _tenant_connection() -> Iterator[Connection]:
    with engine.sync_engine.connect() as connection:
        name_tenant(connection)
        yield connection


tenant_reader = Reader(_tenant_connection)


async def get_tenant_reader() -> Reader:
    """Dependency: a reader whose statements are in a transaction of the tenant."""
    return tenant_reader


TenantReader = Annotated[Reader, Depends(get_tenant_reader)]
