"""The values and limits of the blueprint, replaced by those of a column."""

import re

from scripts.features.columns import Column


def with_values(code: str, column: Column) -> str:
    """Put values that the column can store in the place of `first` and `other`."""
    first, other = "first", "other"
    if column.kind == "str":
        first, other = first[: column.length], other[: column.length]
    elif column.kind == "enum":
        first, other = sorted(column.arguments)[:2]
        members = "\n    ".join(f'{value.upper()} = "{value}"' for value in column.arguments)
        code = re.sub(r'FIRST = "first"\n +OTHER = "other"', members, code)
        return re.sub(
            r'(?<=[="])(first|other)\b', lambda f: first if f[0] == "first" else other, code
        )
    code = re.sub(r'(?<=[="])first(?=")', first, code)
    return re.sub(r'(?<=[="])other(?=")', other, code)


def with_limits(code: str, column: Column) -> str:
    """Put the limits of the type in the place of the blueprint's."""
    if column.kind == "str":
        changes = {r"\b100\b": f"{column.length}", r"\b101\b": f"{column.length + 1}"}
    elif column.kind == "decimal":
        digits, places = column.digits
        changes = {
            "max_digits=10, decimal_places=2": f"max_digits={digits}, decimal_places={places}",
            r"\(10, 2\)": f"({digits}, {places})",
            r"\b1\.001\b": f"1.{'0' * places}1",
            r"\b100000000\.00\b": f"{10 ** (digits - places)}.{'0' * places}",
            r"\b1\.01\b": f"1.{'0' * (places - 1)}1",
            r"\b0\.99\b": f"0.{'9' * places}",
            r"\b1\.50\b": f"1.5{'0' * (places - 1)}",
            r"\b([12])\.00\b": rf"\1.{'0' * places}",
        }
    else:
        return code
    # In one go, since a new limit may look like an old one.
    pattern = "|".join(f"(?:{old})" for old in changes)
    return re.sub(pattern, lambda found: _changed(found[0], changes), code)


def _changed(text: str, changes: dict[str, str]) -> str:
    pattern, new = next(item for item in changes.items() if re.fullmatch(item[0], text))
    return re.sub(pattern, new, text)
