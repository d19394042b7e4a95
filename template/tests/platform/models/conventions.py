"""Conventions for tables and relationships; a message for each broken rule."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.orm import RelationshipProperty, registry

from app.models.types import UTCDateTime

SNAKE_CASE = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
# Singular words that look like plurals; add yours. Words in -ss, -us and -is need no entry.
SINGULAR = frozenset({"alias", "atlas", "canvas", "gas", "lens", "news", "series"})


def faults(models: registry) -> list[str]:
    """Return a message for each rule that a table or a relationship breaks."""
    metadata = {models.metadata, *(mapper.class_.metadata for mapper in models.mappers)}
    tables = [table for part in metadata for table in part.tables.values()]
    relationships = [r for mapper in models.mappers for r in mapper.relationships]
    return sorted(
        [fault for table in tables for fault in _table(table)]
        + [fault for relationship in relationships for fault in _relationship(relationship)]
    )


def is_singular(name: str) -> bool:
    """Return whether the last word of a name looks like a singular."""
    word = name.rsplit("_", 1)[-1]
    return not word.endswith("s") or word.endswith(("ss", "us", "is")) or word in SINGULAR


def _table(table: Table) -> Iterator[str]:
    yield from _table_name(table.name)
    for column in table.columns:
        yield from _column(column)
    for constraint in table.constraints:
        if not isinstance(constraint.name, str):
            yield f"{table.name}: {constraint!r} has no name: migrations need one to drop it."
    for foreign_key in table.foreign_key_constraints:
        yield from _foreign_key(foreign_key)


def _table_name(name: str) -> Iterator[str]:
    if not re.fullmatch(SNAKE_CASE, name):
        yield f"{name}: use snake_case for the name of a table."
    if not is_singular(name):
        yield f"{name}: use a singular for the name of a table."


def _column(column: Column[Any]) -> Iterator[str]:
    kind = _kind(column)
    if not re.fullmatch(SNAKE_CASE, column.name):
        yield f"{column}: use snake_case for the name of a column."
    if (kind is datetime) != column.name.endswith("_at"):
        yield f"{column}: the name of a datetime column ends in _at, other names do not."
    if (kind is date) != column.name.endswith("_date"):
        yield f"{column}: the name of a date column ends in _date, other names do not."
    if kind is datetime and not isinstance(column.type, UTCDateTime):
        yield f"{column}: use UTCDateTime for a datetime; it has a time zone."


def _kind(column: Column[Any]) -> type | None:
    try:
        return column.type.python_type
    except NotImplementedError:  # some types of single databases have no Python type
        return None


def _foreign_key(foreign_key: ForeignKeyConstraint) -> Iterator[str]:
    table, columns = foreign_key.table, list(foreign_key.columns)
    for column, element in zip(columns, foreign_key.elements, strict=True):
        target = element.target_fullname.rsplit(".", 1)[-1]
        # A row that extends another one shares its id.
        if target == "id" and column.name != "id" and not column.name.endswith("_id"):
            yield f"{column}: the name of a foreign key ends in _id."
    unique = [part for part in table.constraints if isinstance(part, UniqueConstraint)]
    indexed = [list(part.columns) for part in [*unique, table.primary_key]]
    indexed += [list(index.columns) for index in table.indexes]
    if not any(set(columns) == set(leading[: len(columns)]) for leading in indexed):
        names = ", ".join(column.name for column in columns)
        yield f"{table.name}.{names}: a foreign key needs an index, for example index=True."


def _relationship(relationship: RelationshipProperty[Any]) -> Iterator[str]:
    if relationship.lazy not in {"raise", "write_only"}:
        yield (
            f'{relationship}: use lazy="raise", so that queries name the relationships to load '
            "and no row sends a statement of its own."
        )
