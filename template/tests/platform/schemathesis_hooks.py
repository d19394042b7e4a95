"""Data for `poe contract`; Schemathesis loads it in an environment of its own."""

import re
from typing import Any
from uuid import uuid4

import schemathesis  # type: ignore[import-not-found]
from hypothesis import strategies  # type: ignore[import-not-found]

# Pydantic's EmailStr refuses the domains that are reserved for tests.
EMAIL = r"[a-z0-9]{1,10}([.+_-][a-z0-9]{1,10})?@[a-z0-9]{1,10}\.(com|org|net)"

schemathesis.openapi.format("email", strategies.from_regex(EMAIL, fullmatch=True))


def accepts_list(schema: dict[str, Any]) -> bool:
    """Return whether the schema of a parameter allows a list."""
    return any(part.get("type") == "array" for part in (schema, *schema.get("anyOf", ())))


@schemathesis.hook  # type: ignore[untyped-decorator]
def filter_query(context: Any, query: dict[str, Any]) -> bool:
    """Leave out invalid values of lists: `?names=true` is also the valid list `["true"]`."""
    return all(
        parameter.get_validator().is_valid(query[parameter.name])
        for parameter in context.operation.query
        if parameter.name in query and accepts_list(parameter.definition.get("schema", {}))
    )


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Give each request a key of its own; a key of another request is refused with 422."""
    if re.fullmatch("[!-~]{1,255}", case.headers.get("Idempotency-Key", "")):
        case.headers["Idempotency-Key"] = str(uuid4())
