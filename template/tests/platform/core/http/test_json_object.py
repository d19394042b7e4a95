from typing import Annotated, Any

import pytest
from pydantic import JsonValue, TypeAdapter, ValidationError

from app.core.http.json_object import MAX_DEPTH, JSONObject

CONTENT = TypeAdapter[dict[str, JsonValue]](Annotated[dict[str, JsonValue], JSONObject()])


def nested(depth: int) -> dict[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    "value", [{}, {"a": [1, 2.5, None, True, {"b": "c"}]}, {"n": -(2**53) + 1}, nested(MAX_DEPTH)]
)
def test_a_json_object_is_accepted(value: dict[str, Any]) -> None:
    assert CONTENT.validate_python(value) == value


@pytest.mark.parametrize(
    "value",
    [
        *([], "text", None),
        *({"a": "\x00"}, {"\x00": 1}, {"a": ["\x00"]}, {"a": "\ud800"}, {"\ud800": 1}),
        *({1: 2}, {"a": {1: 2}}, {"a": {"b": object()}}),
        *({"a": 2**53}, {"a": -(10**400)}, {"a": float("nan")}, {"a": float("inf")}),
        nested(MAX_DEPTH + 1),
        nested(500),
    ],
)
def test_what_a_json_column_cannot_store_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        CONTENT.validate_python(value)


def test_the_schema_of_a_json_object_says_what_is_refused() -> None:
    schema = CONTENT.json_schema()
    assert schema["additionalProperties"] is False
    content = schema["$defs"]["JSONContent"]["anyOf"]
    assert {"type": "number", "minimum": -(2**53) + 1, "maximum": 2**53 - 1} in content
