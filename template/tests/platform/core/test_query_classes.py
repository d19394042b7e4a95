from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime

from app.core.discovery import import_models
from app.core.filters import AnyOf, Filter
from app.core.pagination import PageQuery
from app.main import create_app
from tests.platform.gizmo import Gizmo
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


def naive_time() -> None:
    class Query(PageQuery, model=Gizmo):
        created_from: Annotated[datetime | None, Filter(">=", Gizmo.created_at)] = None
        sort: Sort = "id"


def time_out_of_range() -> None:
    class Query(PageQuery, model=Gizmo):
        created: Annotated[AnyOf[AwareDatetime] | None, Filter("in", Gizmo.created_at)] = None
        sort: Sort = "id"


def plain_date() -> None:
    class Query(PageQuery, model=Gizmo):
        created_from: Annotated[date | None, Filter(">=", Gizmo.created_at)] = None
        sort: Sort = "id"


def naive_time_beside_a_required_field() -> None:
    class Query(PageQuery, model=Gizmo):
        name: str
        created_from: Annotated[datetime | None, Filter(">=", Gizmo.created_at)] = None
        sort: Sort = "id"


def filter_in_a_union() -> None:
    class Query(PageQuery, model=Gizmo):
        name: Annotated[str, Filter("prefix", Gizmo.name)] | None = None
        sort: Sort = "id"


def list_without_a_filter() -> None:
    class Query(PageQuery, model=Gizmo):
        name: AnyOf[str] | None = None
        sort: Sort = "id"


def unknown_operator() -> None:
    class Query(PageQuery, model=Gizmo):
        name: Annotated[str | None, Filter("=>", Gizmo.name)] = None
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
        (naive_time, r"^Query.created_from: use the type UTCTime; .*2026-01-01T00:00:00\.$"),
        (plain_date, r"^Query.created_from: use the type UTCTime"),
        (naive_time_beside_a_required_field, r"^Query.created_from: use the type UTCTime"),
        (filter_in_a_union, r"^Query.name: put None into the type"),
        (list_without_a_filter, r"^Query.name: a list needs a filter"),
        (unknown_operator, r"^Query.name: => is no operator; the operators are ==, "),
        (time_out_of_range, r"^Query.created: use the type UTCTime; .*14:00'\]\.$"),
    ],
)
def test_a_query_class_that_does_not_fit_its_model_is_refused(
    define: Callable[[], None], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        define()


def test_a_condition_of_your_own_may_have_any_type() -> None:
    class Query(PageQuery, model=Gizmo):
        age: Annotated[str | None, Filter(lambda time, _: time < "2026", Gizmo.created_at)] = None
        sort: Sort = "id"

    assert Query(age="old").filters() == {"age": "old"}


def every_subclass(of: type[PageQuery]) -> list[type[PageQuery]]:
    return [each for child in of.__subclasses__() for each in (child, *every_subclass(child))]


def test_every_query_class_of_the_app_names_its_model() -> None:
    import_models()
    create_app()
    own = [each for each in every_subclass(PageQuery) if each.__module__.startswith("app.")]
    unnamed = [each.__name__ for each in own if each._model is None]
    assert unnamed == [], "write the model: class ProductQuery(PageQuery, model=Product)"
