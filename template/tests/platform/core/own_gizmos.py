"""Gizmos of one owner: a CRUD class with criteria."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.ext.asyncio import AsyncSession

from tests.platform.gizmo import Gizmo, GizmoCreate, GizmoCRUD, GizmoRead, gizmo_crud

owner: ContextVar[str] = ContextVar("owner")


class OwnGizmoCRUD(GizmoCRUD):
    def criteria(self) -> Sequence[ColumnElement[bool]]:
        return [Gizmo.name == bindparam(None, callable_=owner.get)]


own_crud = OwnGizmoCRUD(Gizmo, GizmoRead)


@contextmanager
def owned_by(name: str) -> Iterator[None]:
    """Read and write the gizmos of an owner."""
    token = owner.set(name)
    yield
    owner.reset(token)


async def add(session: AsyncSession, name: str, *prices: int) -> list[GizmoRead]:
    """Insert gizmos of any owner."""
    values = [GizmoCreate(name=name, price=Decimal(price)) for price in prices]
    return [await gizmo_crud.create(session, value) for value in values]
