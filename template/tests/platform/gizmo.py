"""A sample feature, so that the tests of the platform do not depend on your features."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import FastAPI, Query, Request, Response
from pydantic import MISSING, BaseModel, Field
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crud import CRUDBase
from app.core.database import CurrentReader, CurrentSessionTransaction, reader
from app.core.filters import AnyOf, Filter
from app.core.http.fields import FixedPoint, FreeText, PathId, SingleLine
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.core.pagination import Page, PageQuery
from app.models.base import NAMING_CONVENTION, IntegerPrimaryKey, Timestamps
from tests.platform.base import Base
from tests.platform.database_server import PRICE

GIZMOS = "/api/v1/gizmos"

Name = Annotated[SingleLine, Field(max_length=100)]
Price = Annotated[Decimal, FixedPoint(max_digits=10, decimal_places=2)]


class Gizmo(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    """A table without a migration, so its metadata is separate.

    The column of `price` has another name in the database.
    """

    __tablename__ = "gizmo"
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    name: Mapped[str] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text, default=None)
    price: Mapped[Decimal] = mapped_column("cost", PRICE, default=Decimal(1))


class GizmoCreate(BaseModel):
    name: Name
    note: FreeText | None = None
    price: Price


class GizmoUpdate(BaseModel):
    name: Name | MISSING = MISSING
    note: FreeText | MISSING | None = MISSING
    price: Price | MISSING = MISSING


class GizmoRead(BaseModel):
    id: int
    name: str
    note: str | None
    price: Decimal
    created_at: datetime
    updated_at: datetime


class GizmoQuery(PageQuery, model=Gizmo):
    name: Name | None = None
    name_prefix: Annotated[Name | None, Filter("prefix", Gizmo.name)] = None
    name_contains: Annotated[Name | None, Filter("contains", Gizmo.name)] = None
    name_like: Annotated[Name | None, Filter("icontains", Gizmo.name)] = None
    names: Annotated[AnyOf[Name] | None, Filter("in", Gizmo.name)] = None
    price_min: Annotated[Price | None, Filter(">=", Gizmo.price)] = None
    price_below: Annotated[Price | None, Filter("<", Gizmo.price)] = None
    note_is_null: Annotated[bool | None, Filter("is_null", Gizmo.note)] = None
    sort: Literal["id", "-id", "name", "price", "-price", "created_at", "-created_at"] = "id"


class GizmoCRUD(CRUDBase[Gizmo, GizmoCreate, GizmoUpdate, GizmoRead, int]):
    pass


gizmo_crud = GizmoCRUD(Gizmo, GizmoRead)
router = FeatureRouter(prefix=GIZMOS, tag="gizmos", description="Gizmos for the tests.")


def with_gizmos(app: FastAPI) -> FastAPI:
    """Add the routes to `app`; the fixture `gizmo_table` creates the table."""
    app.include_router(router)
    return app


async def count_gizmos() -> int:
    """Return the number of committed gizmos."""
    ((number,),) = await reader.rows(sa.select(sa.func.count()).select_from(Gizmo))
    return number


@router.post("", status_code=201, responses=CREATED | problem_responses(409))
async def create_gizmo(
    values: GizmoCreate, session: CurrentSessionTransaction, request: Request, response: Response
) -> GizmoRead:
    gizmo = await gizmo_crud.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{gizmo.id}"
    return gizmo


@router.get("", responses=problem_responses(404))
async def list_gizmos(
    query: Annotated[GizmoQuery, Query()], reader: CurrentReader
) -> Page[GizmoRead]:
    return await gizmo_crud.list(reader, query)


@router.get("/{key}", responses=problem_responses(404))
async def get_gizmo(key: PathId, reader: CurrentReader) -> GizmoRead:
    return await gizmo_crud.get(reader, key)


@router.patch("/{key}", responses=problem_responses(404, 409))
async def update_gizmo(
    key: PathId, values: GizmoUpdate, session: CurrentSessionTransaction
) -> GizmoRead:
    gizmo = await gizmo_crud.get_for_update(session, key)
    return await gizmo_crud.update(session, gizmo, values)


@router.delete("/{key}", status_code=204, responses=problem_responses(404, 409))
async def delete_gizmo(key: PathId, session: CurrentSessionTransaction) -> None:
    gizmo = await gizmo_crud.get_for_update(session, key)
    await gizmo_crud.delete(session, gizmo)
