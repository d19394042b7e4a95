from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import UUIDPrimaryKey
from tests.platform.recipes.models import Base
from tests.platform.recipes.tenants import TenantOwned


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
