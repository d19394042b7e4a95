"""Tenants: each row belongs to one, and each request works for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

# Without a default: a statement without a tenant is an error, and never shows all rows.
_tenant_id: ContextVar[UUID] = ContextVar("tenant_id")


def current_tenant_id() -> UUID:
    """Return the tenant of this request or block.

    Raises:
        LookupError: when there is none.
    """
    return _tenant_id.get()


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Read and write the rows of one tenant inside the block."""
    token = _tenant_id.set(tenant_id)
    try:
        yield
    finally:
        _tenant_id.reset(token)


class TenantOwned(MappedAsDataclass):
    """Rows of a tenant; each index of the table starts with `tenant_id`."""

    tenant_id: Mapped[UUID] = mapped_column(
        insert_default=current_tenant_id, init=False, sort_order=-2
    )
