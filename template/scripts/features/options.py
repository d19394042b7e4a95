"""The parts of the blueprint that depend on an option of a column, whatever its type."""

import re

from scripts.features.columns import Column
from scripts.features.targets import Target

# Words for columns with an option, whatever their type.
UNIQUE: dict[str, tuple[str, ...]] = {
    "twin": ("str",),
    "twin_number": ("int", "bigint"),
    "twin_code": ("uuid",),
}
OPTIONS = (*UNIQUE, "doubled", "blank", "alone", "needed")
CREATE, FILTERED, SORTED = "create", "test_a_list_is_filtered", "test_a_list_is_sorted"
DEFAULT = "test_a_field_that_is_not_sent_has_its_default"
# Parts for references whose row is nested in responses.
NESTED = ("relationships", "test_a_response_has_the_parent")
# The delete rules of a foreign key.
DELETED = {
    "test_a_parent_is_not_deleted_before_its_blueprints": (None, "restrict"),
    "test_a_blueprint_is_deleted_with_its_parent": ("cascade",),
    "test_a_blueprint_stays_without_a_deleted_parent": ("set_null",),
}


def has_option(column: Column, word: str) -> bool:
    """Return whether a part of the blueprint with this word is for the column."""
    if word in UNIQUE:
        return column.is_unique and column.kind in UNIQUE[word]
    return {
        "doubled": column.is_unique,
        "blank": column.is_optional and not column.is_nested,
        "alone": column.is_optional and column.is_nested,
        "needed": not column.is_optional,
    }[word]


def with_name(code: str, word: str, column: Column) -> str:
    """Return a part of the blueprint with the name of the column."""
    code = re.sub(rf"\b{word}\b", column.name, code)
    if word == "twin" and column.length < len("1000"):
        code = code.replace("next(NUMBERS)", f"next(NUMBERS) % {10**column.length}")
    return code


def is_nested(code: str, place: str) -> bool:
    """Return whether a part of the blueprint is about the row of a reference."""
    return place in NESTED or bool(re.search(r"\b(Owner|Agent)Read\b", code))


def is_left_out(column: Column, target: Target | None, place: str, code: str) -> bool:
    """Return whether a part of the blueprint is not for the column."""
    if is_nested(code, place):
        return not column.is_nested
    if place == DEFAULT:
        return column.default is None
    if target and place in DELETED:
        return target.path is None or column.on_delete not in DELETED[place]
    # A fixed value is not unique.
    if column.is_unique and column.kind != "ref" and place in (CREATE, FILTERED, SORTED):
        return True
    return column.is_optional and place in ("sort", SORTED)
