"""The words of the blueprint for the columns of each type, and what replaces them."""

from scripts.features.columns import Column
from scripts.features.naming import class_name
from scripts.features.targets import Target

# The column of each type in `scripts/blueprint/`.
WORDS = {
    "str": "label",
    "text": "content",
    "int": "quantity",
    "bigint": "serial",
    "decimal": "amount",
    "bool": "is_open",
    "date": "due_date",
    "datetime": "sent_at",
    "uuid": "code",
    "json": "options",
    "enum": "state",
}
PARENTS = {"int": "owner", "UUID": "agent"}


def word_of(column: Column, target: Target | None) -> str:
    """Return the column of the blueprint that stands for a column, without `_id`."""
    return PARENTS[target.key] if target else WORDS[column.kind]


def names_of(column: Column, target: Target | None) -> list[str]:
    """Return all names that the code derives from a column, always in the same order."""
    names = [column.name, class_name(column.name), f"Blueprint{class_name(column.name)}"]
    if target:
        return [*names, column.stem, target.model, f"create_{target.name}", f"{target.model}Read"]
    return [*names, *column.parameters]


def relation_of(column: Column, target: Target) -> str:
    """Return the relationship of the other feature, with the blueprint's name for the new one.

    With more than one reference to that feature, its name begins with the column's.
    """
    name = "blueprint" if column.is_unique else "blueprints"
    return f"{column.stem}_{name}" if target.is_shared else name


def description(column: Column) -> str:
    """Return the description of a column in the API."""
    words = column.name.replace("_", " ")
    stem = column.stem.replace("_", " ")
    match column.kind:
        case "bool" if words.startswith(("has ", "can ", "may ", "needs ")):
            return f"Whether the blueprint {words}."
        case "bool":
            return f"Whether the blueprint is {words.removeprefix('is ')}."
        case "datetime" if stem.endswith("s"):
            return f"When it {stem}, in UTC."
        case "datetime":
            return f"When it was {stem}, in UTC."
        case "ref":
            return f"The id of the {stem}."
    return f"The {words}."
