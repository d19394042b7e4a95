from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.discovery import import_models
from app.core.filters import Filter
from app.core.pagination import PageQuery
from app.main import create_app
from tests.platform.gizmo import Gizmo, GizmoCreate, GizmoQuery, gizmo_crud
from tests.platform.recipes.models import Invoice

Sort = Literal["id", "-id", "price"]


def unknown_name() -> None:
    class Query(PageQuery, model=Gizmo):
        colour: str | None = None
        sort: Sort = "id"


def unknown_sort() -> None:
    class Query(PageQuery, model=Gizmo):
        sort: Literal["id", "-cost"] = "id"


def nullable_sort() -> None:
    class Query(PageQuery, model=Gizmo):
        sort: Literal["id", "note"] = "id"


def any_sort() -> None:
    class Query(PageQuery, model=Gizmo):
        name: str | None = None


def other_model() -> None:
    class Query(PageQuery, model=Gizmo):
        name: Annotated[str | None, Filter("prefix", Invoice.number)] = None
        sort: Sort = "id"


def no_text() -> None:
    class Query(PageQuery, model=Gizmo):
        price: Annotated[str | None, Filter("contains", Gizmo.price)] = None
        sort: Sort = "id"


def no_limit() -> None:
    class Query(PageQuery, model=Gizmo):
        names: Annotated[list[str] | None, Filter("in", Gizmo.name)] = None
        sort: Sort = "id"


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (unknown_name, r"^Query.colour: Gizmo has no column colour; it has .*note.*"),
        (unknown_sort, r"^Query.sort: Gizmo has no column cost; it has .*price"),
        (nullable_sort, r"^Query.sort: \['note'\] may be NULL; cursors would skip such rows\.$"),
        (any_sort, r"^Query.sort: declare a Literal of columns"),
        (other_model, r"^Query.name: Invoice.number is not a column of Gizmo\.$"),
        (no_text, r"^Query.price: contains needs a text column, not Gizmo.price\.$"),
        (no_limit, r"^Query.names: in needs a list with a limit"),
    ],
)
def test_a_query_class_that_does_not_fit_its_model_is_refused(
    define: Callable[[], None], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        define()


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


def every_subclass(of: type[PageQuery]) -> list[type[PageQuery]]:
    return [each for child in of.__subclasses__() for each in (child, *every_subclass(child))]


def test_every_query_class_of_the_app_names_its_model() -> None:
    import_models()
    create_app()
    own = [each for each in every_subclass(PageQuery) if each.__module__.startswith("app.")]
    unnamed = [each.__name__ for each in own if each._model is None]
    assert unnamed == [], "write the model: class ProductQuery(PageQuery, model=Product)"
