from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import JsonValue, TypeAdapter, ValidationError

from app.core.http.fields import CalendarDate, FixedPoint, Integer
from app.core.http.json_object import JSONObject

SIGNED = TypeAdapter[Decimal](
    Annotated[Decimal, FixedPoint(max_digits=12, decimal_places=6, negative=True)]
)


@pytest.mark.parametrize(
    ("value", "stored"),
    [("-1.5", "-1.500000"), (-1, "-1.000000"), ("-0", "0.000000"), ("2.5e-05", "0.000025")],
)
def test_a_signed_decimal_is_accepted(value: object, stored: str) -> None:
    assert str(SIGNED.validate_python(value)) == stored


@pytest.mark.parametrize("value", ["--1", "-", "-1234567", "-0.0000001", "1e-07", "1e5", "-1e400"])
def test_a_decimal_that_does_not_fit_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        SIGNED.validate_python(value)


def test_a_signed_decimal_has_its_limits_in_the_schema() -> None:
    number, text = SIGNED.json_schema()["anyOf"]
    assert (number["minimum"], number["maximum"]) == (-999999.999999, 999999.999999)
    assert text["pattern"].startswith("^-?[0-9]")


@pytest.mark.parametrize(
    "kind",
    [
        Annotated[int | None, Integer()],
        Annotated[Decimal | None, FixedPoint(max_digits=4, decimal_places=2)],
        Annotated[dict[str, JsonValue] | None, JSONObject()],
    ],
)
def test_a_type_with_none_accepts_null(kind: Any) -> None:
    adapter = TypeAdapter[object](kind)
    assert adapter.validate_python(None) is None
    assert {"type": "null"} in adapter.json_schema()["anyOf"]
    with pytest.raises(ValidationError):
        adapter.validate_python("none")


def test_a_date_is_accepted() -> None:
    kind = TypeAdapter[date](CalendarDate)
    assert kind.validate_python("2026-01-31") == kind.validate_python(date(2026, 1, 31))


@pytest.mark.parametrize(
    "value", [0, 1.5, "0", "1767225600", "2026-01-31T00:00:00", "2026-1-31", "2026-02-30", ""]
)
def test_what_is_no_date_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[date](CalendarDate).validate_python(value)
