"""The checks of `poe feature`: a column that is refused gets a sentence with the right form."""

import re
from datetime import date
from decimal import Decimal

from app.core.http.fields import SAFE_INTEGER
from app.core.pagination import PageQuery
from app.models.base import Base, IntegerPrimaryKey, Timestamps, UUIDPrimaryKey, Versioned
from scripts.features.columns import ENDINGS, Column
from scripts.features.naming import article, is_keyword
from tests.platform.models.conventions import SNAKE_CASE

MAX_NAME = 30  # longer names make lines longer than the linter allows
MAX_LENGTH = 1000
MAX_INDEXED = 500  # characters; a database refuses longer keys
MAX_DEFAULT = 40  # longer texts make lines longer than the linter allows; some characters are wide
MAX_DIGITS = 15  # a number of JSON keeps them
MAX_ENUM = 50  # characters of `EnumText`
UNIQUE = ("str", "int", "bigint", "uuid", "ref")
ON_DELETE = {"cascade": "CASCADE", "restrict": "RESTRICT", "set_null": "SET NULL"}
RANGES = {"int": (-(2**31), 2**31 - 1), "bigint": (-SAFE_INTEGER, SAFE_INTEGER)}
# Names that the code of a feature uses inside of its classes.
USED = ("bool", "date", "datetime", "dict", "int", "list", "mapped_column", "relationship", "str")
CLASSES = (Base, IntegerPrimaryKey, UUIDPrimaryKey, Timestamps, Versioned, PageQuery)


def check_column(column: Column) -> None:
    """Check a column by itself.

    Raises:
        ValueError: when its name, type or options cannot be used; the message shows the right form.
    """
    _check_name(column)
    _check_arguments(column)
    _check_options(column)
    if column.default is not None:
        default_code(column, "")


def is_reserved(name: str) -> bool:
    """Return whether no attribute of a model or schema can have this name."""
    is_own = any(hasattr(owner, name) for owner in CLASSES)
    return is_own or name in (*USED, "id", "version") or name.startswith("model_")


def _check_name(column: Column) -> None:
    name, kind = column.stem if column.kind == "ref" else column.name, column.kind
    if not re.fullmatch(SNAKE_CASE, name) or len(name) > MAX_NAME or is_keyword(name):
        raise ValueError(
            f"{name!r} is not a column name: use snake_case, such as unit_price, "
            f"of at most {MAX_NAME} characters."
        )
    if kind == "ref" and name.endswith("_id"):
        own = name.removesuffix("_id")
        target = f"({','.join(column.arguments)})" if column.arguments else ""
        raise ValueError(
            f"{name} ends in _id, which a ref adds by itself: write {own}:ref{target}; "
            f"the column is then {name}."
        )
    if is_reserved(name):
        raise ValueError(f"{name} is reserved, since every feature uses it: choose another name.")
    for owner, ending in ENDINGS.items():
        if kind == owner != "ref" and not name.endswith(ending):
            raise ValueError(f"the name of a {kind} ends in {ending}: write {name}{ending}:{kind}.")
        if kind != owner != "ref" and name.endswith(ending):
            raise ValueError(
                f"{name} ends in {ending}, and only a {owner} does: write {name}:{owner}, "
                "or choose another name."
            )


def _check_arguments(column: Column) -> None:
    name, given = column.name, column.arguments
    match column.kind:
        case "str":
            if not _are_numbers(given, 1) or not 1 <= int(given[0]) <= MAX_LENGTH:
                raise ValueError(
                    f"a str has a length from 1 to {MAX_LENGTH}: write {name}:str(120), "
                    f"or {name}:text for longer texts."
                )
        case "decimal":
            if not _are_numbers(given, 2) or not 0 < int(given[1]) < int(given[0]) <= MAX_DIGITS:
                raise ValueError(
                    f"a decimal has up to {MAX_DIGITS} digits, and some of them after the point: "
                    f"write {name}:decimal(12,2), or {name}:bigint for whole numbers."
                )
        case "enum":
            fits = all(
                re.fullmatch(SNAKE_CASE, value) and len(value) <= MAX_ENUM for value in given
            )
            if not fits or len(given) < 2 or len(set(given)) < len(given):
                raise ValueError(
                    "an enum has two or more values in snake_case, each of them once: "
                    f"write {name}:enum(open|in_progress|done)."
                )
        case "ref":
            if len(given) > 1:
                raise ValueError(f"a ref has one feature: write {column.stem}:ref(customer).")
        case kind if given:
            raise ValueError(f"{kind} has no arguments: write {name}:{kind}.")


def _are_numbers(given: tuple[str, ...], count: int) -> bool:
    return len(given) == count and all(re.fullmatch("[0-9]{1,4}", part) for part in given)


def _check_options(column: Column) -> None:
    kind, spelling = column.kind, f"{column.stem}:ref"
    if column.is_unique and kind not in UNIQUE:
        types = ", ".join(UNIQUE)
        raise ValueError(f"{article(kind)} {kind} cannot be unique; these types can: {types}.")
    if column.has_index and kind in ("text", "json"):
        raise ValueError(f"a {kind} cannot have an index: use {column.name}:str(120).")
    has_key = column.is_unique or column.has_index
    if has_key and kind == "str" and column.length > MAX_INDEXED:
        raise ValueError(f"a str with an index has at most {MAX_INDEXED} characters.")
    if column.is_nested and kind != "ref":
        raise ValueError(f"nested belongs to a ref: write {spelling} nested.")
    if column.on_delete is None:
        return
    form = f"write {spelling} on_delete={'|'.join(ON_DELETE)}."
    if kind != "ref":
        raise ValueError(f"on_delete belongs to a ref: {form}")
    if column.on_delete not in ON_DELETE:
        raise ValueError(f"on_delete is cascade, restrict or set_null: {form}")
    if column.on_delete == "set_null" and not column.is_optional:
        raise ValueError(f"set_null needs an optional ref: write {spelling}? on_delete=set_null.")


def default_code(column: Column, enum_class: str) -> str:
    """Return the Python code of a column's default.

    Raises:
        ValueError: when the column cannot have it.
    """
    text = column.default or ""
    fault = ValueError(f"{text!r} is no default for {column.name}: {_example(column)}.")
    match column.kind:
        case "str" | "text":
            if not text.strip() or not text.isprintable() or len(text) > _longest(column):
                raise fault
            return repr(text)
        case "int" | "bigint":
            lowest, highest = RANGES[column.kind]
            if not re.fullmatch("-?[0-9]{1,19}", text) or not lowest <= int(text) <= highest:
                raise fault
            return str(int(text))
        case "decimal":
            digits, places = column.digits
            number = rf"-?[0-9]{{1,{digits - places}}}(\.[0-9]{{1,{places}}})?"
            if not re.fullmatch(number, text):
                raise fault
            return f'Decimal("{Decimal(text) + 0:.{places}f}")'
        case "bool" if text in ("true", "false"):
            return text.capitalize()
        case "date":
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise fault from None
            if day.isoformat() != text:
                raise fault
            return f"date({day.year}, {day.month}, {day.day})"
        case "datetime" if text == "now":
            return "utc_now"
        case "enum" if text in column.arguments:
            return f"{enum_class}.{text.upper()}"
    raise fault


def _longest(column: Column) -> int:
    return min(column.length, MAX_DEFAULT) if column.kind == "str" else MAX_DEFAULT


def _example(column: Column) -> str:
    match column.kind:
        case "str" | "text":
            return f"write a text of one line with 1 to {_longest(column)} characters"
        case "int" | "bigint":
            return "write an integer from {} to {}".format(*RANGES[column.kind])
        case "decimal":
            return f"write a number such as =1.{'0' * column.digits[1]}"
        case "bool":
            return "write =true or =false"
        case "date":
            return "write a date, such as =2026-01-31"
        case "datetime":
            return "write =now, the time of the request"
        case "enum":
            return f"write one of {', '.join(column.arguments)}"
    return f"a {column.kind} has none"
