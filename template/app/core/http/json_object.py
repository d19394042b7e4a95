"""The type of a JSON object in schemas; it refuses values that a JSON column cannot store."""

import re
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from app.core.http.fields import SAFE_INTEGER

MAX_DEPTH = 32
WITHOUT_NUL = r"^[^\x00]*$"
STORABLE = re.compile("[^\0\ud800-\udfff]*")  # without NUL and halves of characters


@dataclass(frozen=True)
class JSONObject:
    """Objects of JSON for a JSON column: `Annotated[dict[str, JsonValue], JSONObject()]`.

    The type of the values is always `JsonValue`, whatever the annotation says.

    It refuses what a database or a client cannot keep: NUL in a text or a key, a number that is
    not finite or beyond 2**53 - 1, and objects and lists in each other, more than 32 deep.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # Pydantic would build its recursive schema of JSON again for each field.
        content: CoreSchema = core_schema.dict_schema()
        if type(None) in get_args(source):
            content = core_schema.nullable_schema(content)
        return core_schema.no_info_before_validator_function(self._check_part, content)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        content = core_schema.definition_reference_schema("JSONContent")
        text = core_schema.str_schema(pattern=WITHOUT_NUL)
        closed = {"pydantic_js_updates": {"additionalProperties": False}}
        parts: list[CoreSchema] = [
            core_schema.dict_schema(text, content, metadata=closed),
            core_schema.list_schema(content),
            text,
            core_schema.bool_schema(),
            core_schema.float_schema(ge=-SAFE_INTEGER, le=SAFE_INTEGER),
            core_schema.none_schema(),
        ]
        union = core_schema.union_schema([*parts], ref="JSONContent")
        is_nullable = schema["type"] == "function-before" and schema["schema"]["type"] == "nullable"
        described = core_schema.nullable_schema(parts[0]) if is_nullable else parts[0]
        return handler(core_schema.definitions_schema(described, [union]))

    def _check_part(self, value: object, depth: int = 0) -> object:
        """Return the value.

        Raises:
            ValueError: when a part of it cannot be stored.
        """
        if depth > MAX_DEPTH:
            raise ValueError(f"the content is more than {MAX_DEPTH} deep")
        match value:
            case str() if not STORABLE.fullmatch(value):
                raise ValueError("a text has a character that cannot be stored")
            case int() | float() if not abs(value) <= SAFE_INTEGER:  # also for NaN
                raise ValueError(f"a number is beyond {SAFE_INTEGER}")
            case dict():
                if not all(isinstance(key, str) for key in value):
                    raise ValueError("a key is not a text")
                for part in (*value.keys(), *value.values()):
                    self._check_part(part, depth + 1)
            case list():
                for part in value:
                    self._check_part(part, depth + 1)
            case None | str() | int() | float():
                pass
            case _:
                raise ValueError("a value is not JSON")
        return value
