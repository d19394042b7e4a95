"""Columns that a table has and its model has not: not yet, or no longer.

A model names them in `__unmapped_columns__`; then autogenerate does not drop them.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, inspect

from app.models.base import Base


def unmapped_columns() -> dict[str, set[str]]:
    """Return the names of the unmapped columns of each table."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for mapper in Base.registry.mappers:
        # Not inherited: a subclass may have a table of its own.
        names = vars(mapper.class_).get("__unmapped_columns__", ())
        found[mapper.class_.__table__.name].update(names)
    return {table: names for table, names in found.items() if names}


def include_object(
    item: Any, name: str | None, kind: str, reflected: bool, compare_to: object
) -> bool:
    """Return whether autogenerate compares this: unmapped columns and their indexes stay."""
    if kind == "table" or not reflected or compare_to is not None:
        return True
    names = {name} if kind == "column" else {column.name for column in item.columns}
    return not names & unmapped_columns().get(item.table.name, set())


def faults(connection: Connection) -> list[str]:
    """Return a line for each unmapped column that is declared in vain, or that inserts lack."""
    lines = []
    for table, names in sorted(unmapped_columns().items()):
        columns = {column["name"]: column for column in inspect(connection).get_columns(table)}
        for name in sorted(names):
            if name in Base.metadata.tables[table].columns:
                cause = "the model has this column: remove it from __unmapped_columns__"
            elif name not in columns:
                cause = "the database has no such column: remove it from __unmapped_columns__"
            elif columns[name]["nullable"] or columns[name]["default"] is not None:
                continue
            else:
                cause = "inserts need a value: alter it to nullable=True, or add a server_default"
            lines.append(f"{table}.{name}: {cause}")
    return lines
