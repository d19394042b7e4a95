"""Rows that need an entity: only it gives the values of the row."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.core.engine import insert
from app.core.engine.insert import InsertRow
from app.models.base import (
    NAMING_CONVENTION,
    IntegerPrimaryKey,
    Timestamps,
    UUIDPrimaryKey,
    Versioned,
)
from tests.platform.base import Base

TEMPORARY = {"prefixes": ["TEMPORARY"]}


class Plain(UUIDPrimaryKey, Timestamps, Versioned, Base, kw_only=True):
    __tablename__ = "plain"
    __table_args__ = TEMPORARY
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    name: Mapped[str] = mapped_column(sa.String(20), default="new", server_default="old")


class Made(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "made"
    __table_args__ = TEMPORARY
    metadata = Plain.metadata

    name: Mapped[str] = mapped_column(sa.String(20), default_factory=lambda: "made")


class Validated(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "validated"
    __table_args__ = TEMPORARY
    metadata = Plain.metadata

    name: Mapped[str] = mapped_column(sa.String(20))

    @validates("name")
    def upper(self, key: str, value: str) -> str:
        return value.upper()


class Finished(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "finished"
    __table_args__ = TEMPORARY
    metadata = Plain.metadata

    name: Mapped[str] = mapped_column(sa.String(20))

    def __post_init__(self) -> None:
        self.name = "finished"


class Animal(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "animal"
    __table_args__ = TEMPORARY
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012
    metadata = Plain.metadata

    kind: Mapped[str | None] = mapped_column(sa.String(20), init=False)


class Filled(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "filled"
    __table_args__ = TEMPORARY
    metadata = Plain.metadata

    name: Mapped[str | None] = mapped_column(sa.String(20), server_default="filled", default=None)


@pytest.fixture(autouse=True)
async def tables(connection: AsyncConnection) -> AsyncIterator[None]:
    await connection.run_sync(Plain.metadata.create_all)
    yield
    await connection.run_sync(Plain.metadata.drop_all)


async def test_the_row_of_a_plain_model_needs_no_entity(session: AsyncSession) -> None:
    for values in ({}, {"name": None}, {"name": "given"}):
        row: Any = await InsertRow(Plain)(session, values)
        assert not isinstance(row, Plain)
        stored = await session.get_one(Plain, row.id)
        assert (row.name, row.version) == (stored.name, stored.version)
        assert row.name == (values.get("name") or "new")


@pytest.mark.parametrize(
    ("model", "values", "name", "expected"),
    [
        (Made, {}, "name", "made"),
        (Validated, {"name": "a"}, "name", "A"),
        (Finished, {"name": "a"}, "name", "finished"),
        (Animal, {}, "kind", "animal"),
    ],
)
async def test_an_entity_gives_the_values_of_other_models(
    session: AsyncSession, model: type[Base], values: dict[str, Any], name: str, expected: str
) -> None:
    row = await InsertRow(model)(session, values)
    assert isinstance(row, model)
    assert getattr(row, name) == expected


async def test_a_column_that_the_database_fills_in_needs_an_entity(session: AsyncSession) -> None:
    insert_row = InsertRow(Filled)
    for values in ({}, {"name": None}):
        row = await insert_row(session, values)
        assert isinstance(row, Filled)
        assert row.name == "filled"
    assert not isinstance(await insert_row(session, {"name": "given"}), Filled)


async def test_an_entity_gets_what_is_no_column(session: AsyncSession) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match="other"):
            await InsertRow(Plain)(session, {"other": "given"})


async def test_listeners_to_an_attribute_see_an_entity(session: AsyncSession) -> None:
    def strip(target: Plain, value: str, *others: object) -> str:
        return value.strip()

    event.listen(Plain.name, "set", strip, retval=True)
    try:
        row: Any = await InsertRow(Plain)(session, {"name": " given "})
    finally:
        event.remove(Plain.name, "set", strip)
    assert row.name == "given"


@pytest.mark.parametrize("name", [*insert.MAPPER_EVENTS, *insert.SESSION_EVENTS])
async def test_listeners_see_an_entity(session: AsyncSession, name: str) -> None:
    target: Any = Plain.__mapper__ if name in insert.MAPPER_EVENTS else session.sync_session
    seen = list[object]()

    def listen(*arguments: object) -> None:
        seen.append(arguments)

    event.listen(target, name, listen)
    try:
        assert isinstance(await InsertRow(Plain)(session, {}), Plain)
    finally:
        event.remove(target, name, listen)
    assert seen
