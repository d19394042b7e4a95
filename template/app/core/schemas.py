"""Field types that refuse at the door what no database column could hold."""

import re
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Path
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

ValueT = TypeVar("ValueT")

# The range of a BIGINT key.
Key = Annotated[int, Path(ge=1, le=2**63 - 1)]

# One visible character or more, and no NUL, which not every database can hold in a text.
Line = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


@dataclass(frozen=True)
class FixedPoint:
    """Decimals from 0 on that a NUMERIC(`digits`, `places`) column holds, as JSON number or string.

    They are brought to that many places, so that what was created reads the same the next time.
    """

    digits: int
    places: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        limits = core_schema.decimal_schema(
            ge=Decimal(0), max_digits=self.digits, decimal_places=self.places
        )
        exact = core_schema.no_info_after_validator_function(self._quantize, limits)
        return core_schema.no_info_before_validator_function(self._refuse_other_spellings, exact)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        step = 10.0**-self.places
        largest = 10 ** (self.digits - self.places) - step
        number = {"type": "number", "minimum": 0, "maximum": largest, "multipleOf": step}
        return {"anyOf": [number, {"type": "string", "pattern": self._pattern}]}

    @property
    def _pattern(self) -> str:
        whole = self.digits - self.places
        return r"^[0-9]{1," f"{whole}" r"}(\.[0-9]{1," f"{self.places}" r"})?$"

    def _refuse_other_spellings(self, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(self._pattern, value):
            raise ValueError(f"write digits, a point and up to {self.places} digits")
        return value

    def _quantize(self, value: Decimal) -> Decimal:
        return abs(value.quantize(Decimal(1).scaleb(-self.places)))  # there is a negative zero


class _NeverNull:
    """Validates `X | None` as X; the default None is not validated, and means nothing was sent."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        (kept,) = (part for part in get_args(source) if part is not NoneType)
        return handler(kept)


def _drop_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


# A field of a PATCH that may be left out, with None as its default, but must not be null.
Omittable = Annotated[ValueT | None, _NeverNull(), Field(json_schema_extra=_drop_default)]
