"""Field types for schemas and paths: they reject values that a column cannot store."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

# The largest integer that a JSON client keeps exact, https://www.rfc-editor.org/rfc/rfc8259#section-6.
SAFE_INTEGER = 2**53 - 1
SMALL_NUMBER = re.compile(r"-?[0-9](\.[0-9]{1,20})?e-[0-9]{1,2}")

# The range of a BIGINT key; for a key in a body, see `BodyId`.
PathId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The id of the resource.")]

UUIDPathId = Annotated[UUID, Path(description="The id of the resource.")]

# One visible character or more; no control characters, such as line breaks or NUL.
SingleLine = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
# Any text without NUL, which not every database can store.
FreeText = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]

Id = Annotated[int, Field(description="The id of the resource.")]
UUIDId = Annotated[UUID, Field(description="The id of the resource.")]
CreatedAt = Annotated[datetime, Field(description="The time of creation, in UTC.")]
UpdatedAt = Annotated[datetime, Field(description="The time of the last change, in UTC.")]


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time in UTC is out of range") from None


def _refuse_number(value: object) -> object:
    # Pydantic reads a number, also in a text, as seconds or milliseconds since 1970.
    if isinstance(value, str | int | float) and not re.match("[0-9]{4}-[0-9]{2}-", str(value)):
        raise ValueError("write a time with its offset, such as 2026-01-31T12:00:00Z")
    return value


# A time that a client sends, with its offset; converted to UTC. A number is refused.
UTCTime = Annotated[AwareDatetime, BeforeValidator(_refuse_number), AfterValidator(_to_utc)]


def _require_date(value: object) -> object:
    # Pydantic reads a number as seconds or milliseconds since 1970, and accepts a time of midnight.
    if not isinstance(value, date) and not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
        raise ValueError("write a date, such as 2026-01-31")
    return value


# A date that a client sends. A number or a time is refused.
CalendarDate = Annotated[date, BeforeValidator(_require_date)]


def _nullable(schema: CoreSchema, source: Any) -> CoreSchema:
    return core_schema.nullable_schema(schema) if type(None) in get_args(source) else schema


@dataclass(frozen=True)
class Integer:
    """Integers from `ge` to `le` in a JSON body; by default the range of an INTEGER column.

    An `int` alone accepts `true` and "306" too, and a strict one refuses 306.0, which is an integer
    in JSON. Paths and queries are text: use `PathId`, or an `int` with limits.
    """

    ge: int = -(2**31)
    le: int = 2**31 - 1

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        limits = core_schema.int_schema(ge=self.ge, le=self.le, strict=True)
        exact = core_schema.no_info_before_validator_function(self._without_fraction, limits)
        return _nullable(exact, source)

    def _without_fraction(self, value: object) -> object:
        # A larger float may stand for another integer than the client wrote.
        if isinstance(value, float) and value.is_integer() and abs(value) <= SAFE_INTEGER:
            return int(value)
        return value


BodyId = Annotated[int, Integer(ge=1, le=SAFE_INTEGER), Field(description="The id of a resource.")]


@dataclass(frozen=True)
class FixedPoint:
    """Decimals from 0 on for a NUMERIC(`max_digits`, `decimal_places`) column.

    With `positive`, 0 is refused too; with `negative`, values below 0 are accepted.

    Unlike Pydantic's constraints of these names, it also rounds 1 to 1.00, so that a response after
    a change equals the next read, and describes the limits in the JSON schema.
    """

    max_digits: int
    decimal_places: int
    positive: bool = False
    negative: bool = False

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        limits = core_schema.decimal_schema(
            ge=None if self.negative else Decimal(0),
            gt=Decimal(0) if self.positive else None,
            max_digits=self.max_digits,
            decimal_places=self.decimal_places,
        )
        exact = core_schema.no_info_after_validator_function(self._quantize, limits)
        checked = core_schema.no_info_before_validator_function(self._check_format, exact)
        return _nullable(checked, source)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        step = 10.0**-self.decimal_places
        largest = 10 ** (self.max_digits - self.decimal_places) - step
        lower = {"exclusiveMinimum" if self.positive else "minimum": -largest * self.negative}
        number = {"type": "number", **lower, "maximum": largest, "multipleOf": step}
        not_zero = "^(?=.*[1-9])" if self.positive else "^"
        text = {"type": "string", "pattern": self._pattern.replace("^", not_zero)}
        null = [{"type": "null"}] if schema["type"] == "nullable" else []
        # The handler adds the description of the field.
        return handler(schema) | {"anyOf": [number, text, *null]}

    @property
    def _pattern(self) -> str:
        whole = self.max_digits - self.decimal_places
        sign = "-?" if self.negative else ""
        return f"^{sign}[0-9]{{1,{whole}}}(\\.[0-9]{{1,{self.decimal_places}}})?$"

    def _check_format(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        # Clients write a small number with an exponent into a URL.
        digits = f"{Decimal(value):f}" if SMALL_NUMBER.fullmatch(value) else value
        if not re.fullmatch(self._pattern, digits):
            raise ValueError(f"write digits, a point and up to {self.decimal_places} digits")
        return value

    def _quantize(self, value: Decimal) -> Decimal:
        exact = value.quantize(Decimal(1).scaleb(-self.decimal_places))
        return exact or abs(exact)  # there is a negative zero
