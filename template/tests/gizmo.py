"""A feature of the tests' own: what all features share is tested on it, whatever they are."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crud import CRUDBase
from app.core.database import CurrentSession, CurrentSessionTransaction
from app.core.pagination import Page, PageQuery
from app.core.problems import problems
from app.core.schemas import FixedPoint, Key, Line, Omittable, Text
from app.models.base import NAMING_CONVENTION, Base, IntegerKey, Timestamps

GIZMOS = "/api/v1/gizmos"

Name = Annotated[Line, Field(max_length=100)]
Price = Annotated[Decimal, FixedPoint(digits=10, places=2)]


class Gizmo(IntegerKey, Timestamps, Base, kw_only=True):
    """A row of a table that the migrations know nothing of, so it has metadata of its own."""

    __tablename__ = "gizmo"
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    name: Mapped[str] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text, default=None)
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2), default=Decimal(1))


class GizmoCreate(BaseModel):
    name: Name
    note: Text | None = None
    price: Price


class GizmoUpdate(BaseModel):
    name: Omittable[Name] = None
    note: Text | None = None
    price: Omittable[Price] = None


class GizmoRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    note: str | None
    price: Decimal
    created_at: datetime
    updated_at: datetime


class GizmoQuery(PageQuery):
    name: Name | None = None
    sort: Literal["id", "-id", "name", "price", "-price", "created_at", "-created_at"] = "id"


gizmo_crud = CRUDBase(Gizmo)
router = APIRouter(prefix=GIZMOS)


def with_gizmos(app: FastAPI) -> FastAPI:
    """Add the routes to `app`, whose database needs the fixture `gizmo_table`."""
    app.include_router(router)
    return app


async def _find(session: AsyncSession, key: int, *, lock: bool = False) -> Gizmo:
    gizmo = await gizmo_crud.get(session, key, lock=lock)
    if gizmo is None:
        raise HTTPException(404, f"There is no gizmo {key}.")
    return gizmo


@router.post("", response_model=GizmoRead, status_code=201, responses=problems(409))
async def create_gizmo(values: GizmoCreate, session: CurrentSessionTransaction) -> Any:
    return await gizmo_crud.create(session, values)


@router.get("", response_model=Page[GizmoRead], responses=problems(404))
async def list_gizmos(query: Annotated[GizmoQuery, Query()], session: CurrentSession) -> Any:
    return await gizmo_crud.list(session, query)


@router.get("/{key}", response_model=GizmoRead, responses=problems(404))
async def get_gizmo(key: Key, session: CurrentSession) -> Any:
    return await _find(session, key)


@router.patch("/{key}", response_model=GizmoRead, responses=problems(404, 409))
async def update_gizmo(key: Key, values: GizmoUpdate, session: CurrentSessionTransaction) -> Any:
    return await gizmo_crud.update(session, await _find(session, key, lock=True), values)


@router.delete("/{key}", status_code=204, responses=problems(404, 409))
async def delete_gizmo(key: Key, session: CurrentSessionTransaction) -> None:
    await gizmo_crud.delete(session, await _find(session, key, lock=True))
