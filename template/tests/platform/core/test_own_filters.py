"""Query classes with conditions of their own, or without a model."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import Field
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.filters import Filter
from app.core.pagination import PageQuery
from tests.platform.gizmo import Gizmo, GizmoCreate, GizmoQuery, gizmo_crud


class Unchecked(PageQuery):
    colour: str | None = None


class Renamed(PageQuery):
    called: str | None = None

    def filters(self) -> dict[str, Any]:
        return {"name": self.called} if self.called else {}


def has_note(column: ColumnElement[Any], note: str) -> ColumnElement[bool]:
    return column.in_([note, note.upper()])


class Own(GizmoQuery):
    noted: Annotated[str | None, Filter(has_note, Gizmo.note)] = None
    trace: bool = Field(default=False, exclude=True)


async def test_a_query_class_without_a_model_is_checked_by_its_first_list(
    session: AsyncSession,
) -> None:
    with pytest.raises(TypeError, match=r"^Unchecked.colour: Gizmo has no column colour"):
        await gizmo_crud.list(session, Unchecked())


@pytest.mark.usefixtures("gizmo_table")
async def test_a_query_class_can_have_conditions_of_its_own(session: AsyncSession) -> None:
    for name, note in (("ab", "note"), ("ab", None), ("b", "NOTE")):
        await gizmo_crud.create(session, GizmoCreate(name=name, note=note, price=Decimal(1)))
    page = await gizmo_crud.list(session, Renamed(called="ab"))
    assert [gizmo.note for gizmo in page.items] == ["note", None]
    page = await gizmo_crud.list(session, Own(noted="note", trace=True))
    assert [gizmo.note for gizmo in page.items] == ["note", "NOTE"]
