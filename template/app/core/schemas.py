"""Field types that refuse at the door what no database column could hold."""

from typing import Annotated, TypeVar

from fastapi import Path
from pydantic import BeforeValidator, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

ValueT = TypeVar("ValueT")

# The range of a BIGINT key.
Key = Annotated[int, Path(ge=1, le=2**63 - 1)]

# One visible character or more, and no NUL, which PostgreSQL's text can't hold.
Line = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$")
]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


def _refuse_null(value: object) -> object:
    if value is None:
        raise ValueError("leave the field out to keep its value; it can't be null")
    return value


def _drop_default(schema: dict[str, object]) -> None:
    schema.pop("default", None)


# A field of a PATCH that may be left out, but not null. Its default is None and never stored.
Omittable = Annotated[
    ValueT | SkipJsonSchema[None],
    BeforeValidator(_refuse_null),
    Field(json_schema_extra=_drop_default),
]
