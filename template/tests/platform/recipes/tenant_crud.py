"""A CRUD class for the rows of a tenant, and a dependency for its requests."""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Header
from sqlalchemy import ColumnElement, bindparam

from app.core.crud import CreateT, CRUDBase, KeyT, ModelT, ReadT, UpdateT
from tests.platform.recipes.tenants import current_tenant_id, tenant_scope


class TenantCRUD(CRUDBase[ModelT, CreateT, UpdateT, ReadT, KeyT]):
    """The operations on the rows of the current tenant."""

    def criteria(self) -> Sequence[ColumnElement[bool]]:
        tenant_id = self.model.__mapper__.columns["tenant_id"]
        is_own = tenant_id == bindparam(None, callable_=current_tenant_id)
        return [*super().criteria(), is_own]


async def set_tenant(
    x_tenant: Annotated[UUID, Header(description="The tenant of this request.")],
) -> AsyncGenerator[None]:
    """Dependency: the request works for one tenant."""
    with tenant_scope(x_tenant):
        yield
