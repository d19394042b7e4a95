"""Projects of tenants; their names are unique for each tenant."""

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, Field
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import session_scope
from app.core.http.fields import SingleLine
from app.core.pagination import PageQuery
from tests.platform.recipes.project_models import Project
from tests.platform.recipes.tenant_crud import TenantCRUD
from tests.platform.recipes.tenants import tenant_scope

Name = Annotated[SingleLine, Field(max_length=100)]


class ProjectCreate(BaseModel):
    name: Name


class ProjectUpdate(BaseModel):
    name: Name | MISSING = MISSING
    is_open: bool | MISSING = MISSING


class ProjectRead(BaseModel):
    id: UUID
    name: str
    is_open: bool


class ProjectQuery(PageQuery):
    sort: Literal["id", "-id", "name", "-name"] = "id"


class ProjectCRUD(TenantCRUD[Project, ProjectCreate, ProjectUpdate, ProjectRead, UUID]):
    async def close_all(self, session: AsyncSession) -> None:
        """Close the projects of the current tenant."""
        await session.execute(update(Project).where(*self.criteria()).values(is_open=False))


project_crud = ProjectCRUD(Project, ProjectRead)


async def close_projects(tenant_ids: Iterable[UUID]) -> None:
    """Close the projects of these tenants, with one transaction for each."""
    for tenant_id in tenant_ids:
        with tenant_scope(tenant_id):
            async with session_scope() as session:
                await project_crud.close_all(session)
