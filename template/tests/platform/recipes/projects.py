"""Projects of tenants; their names are unique for each tenant."""

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, Field
from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import session_scope
from app.core.http.fields import SingleLine
from app.core.pagination import PageQuery
from app.models.base import UUIDPrimaryKey
from tests.platform.recipes.models import Base
from tests.platform.recipes.tenant_crud import TenantCRUD
from tests.platform.recipes.tenants import TenantOwned, tenant_scope

Name = Annotated[SingleLine, Field(max_length=100)]


class Project(UUIDPrimaryKey, TenantOwned, Base, kw_only=True):
    __tablename__ = "project"
    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("tenant_id", "name"))

    name: Mapped[str] = mapped_column(String(100))
    is_open: Mapped[bool] = mapped_column(default=True)


class ProjectNote(UUIDPrimaryKey, TenantOwned, Base, kw_only=True):
    __tablename__ = "project_note"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "project_id"], ["project.tenant_id", "project.id"]),
        Index(None, "tenant_id", "project_id"),
    )

    project_id: Mapped[UUID]
    text: Mapped[str] = mapped_column(String(100))


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
