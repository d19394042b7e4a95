"""Rows that `create` inserts: they are returned as they are stored."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy import event
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Mapped, Session, column_property, mapped_column

from app.core.crud import CRUDBase
from app.core.engine.insert import InsertRow
from app.models.base import NAMING_CONVENTION, Timestamps, UUIDPrimaryKey
from tests.platform.base import Base
from tests.platform.database_server import PRICE


def _initial(context: DefaultExecutionContext) -> str:
    return str(context.get_current_parameters()["label"])[:1]  # type: ignore[no-untyped-call]


def _dialect(context: DefaultExecutionContext) -> str:
    return str(context.connection.dialect.name)


class Part(UUIDPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "part"
    __table_args__ = {"prefixes": ["TEMPORARY"]}  # noqa: RUF012
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    name: Mapped[str] = mapped_column("label", sa.String(20), key="label")
    note: Mapped[str | None] = mapped_column(sa.String(20), default=None)
    stock: Mapped[int | None] = mapped_column(default=5, server_default="9")
    price: Mapped[Decimal | None] = mapped_column(PRICE, default=None)
    options: Mapped[list[str] | None] = mapped_column(sa.JSON, default=None)
    initial: Mapped[str] = mapped_column(sa.String(1), insert_default=_initial, init=False)


class ForeignPart(UUIDPrimaryKey, Base, kw_only=True):
    __tablename__ = "foreign_part"
    __table_args__ = {"prefixes": ["TEMPORARY"]}  # noqa: RUF012
    metadata = Part.metadata

    origin: Mapped[str] = mapped_column(sa.String(20), insert_default=_dialect, init=False)


class Code(sa.types.TypeDecorator[str]):
    """Texts in lower case."""

    impl = sa.String(20)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return value and value.lower()


class FilledPart(UUIDPrimaryKey, Base, kw_only=True):
    """Columns that the database fills in, or with names of attributes of SQLAlchemy's rows."""

    __tablename__ = "filled_part"
    __table_args__ = {"prefixes": ["TEMPORARY"]}  # noqa: RUF012
    metadata = Part.metadata

    t: Mapped[str] = mapped_column(sa.String(20))
    tuple: Mapped[str] = mapped_column(sa.String(20))
    code: Mapped[str] = mapped_column(Code)
    stock: Mapped[int] = mapped_column(server_default="7", default=None)
    initial: Mapped[int | None] = mapped_column(insert_default=5)
    double: Mapped[int] = mapped_column(sa.Computed("stock * 2", persisted=True), init=False)
    triple: Mapped[int] = column_property(sa.literal_column("stock * 3", sa.Integer))


class FilledPartCreate(BaseModel):
    t: str = "first"
    tuple: str = "second"
    code: str = "ABC"
    stock: int | None = None
    initial: int | None = None


class FilledPartRead(FilledPartCreate):
    id: UUID
    double: int
    triple: int


class PartInSchema(UUIDPrimaryKey, Base, kw_only=True):
    __tablename__ = "part_in_schema"
    __table_args__ = {"schema": "other"}  # noqa: RUF012
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)


@pytest.fixture(autouse=True)
async def tables(connection: AsyncConnection) -> AsyncIterator[None]:
    """Temporary tables, since to create others would commit on some databases."""
    await connection.run_sync(Part.metadata.create_all)
    yield
    await connection.run_sync(Part.metadata.drop_all)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "first"},
        {"name": "first", "note": None, "price": None},
        {"name": "first", "note": "50% of {it}", "price": Decimal("1.50"), "stock": 7},
        {"options": ["a", "b"], "name": "first"},
        {"options": None, "name": "first"},
    ],
    ids=lambda values: ",".join(values),
)
async def test_a_row_is_returned_as_it_is_stored(
    session: AsyncSession, values: dict[str, Any]
) -> None:
    insert, columns = InsertRow(Part), Part.__mapper__.columns
    rows = sa.select(*[column.label(name) for name, column in columns.items()])
    for _ in range(3):
        inserted = await insert(session, values)
        stored = (await session.execute(rows.where(Part.id == inserted.id))).one()  # type: ignore[attr-defined]
        for name in columns.keys():  # noqa: SIM118
            assert getattr(inserted, name) == getattr(stored, name)
            assert type(getattr(inserted, name)) is type(getattr(stored, name))
        assert {name: getattr(inserted, name) for name in values} == values
        assert (inserted.initial, inserted.stock) == ("f", values.get("stock", 5))  # type: ignore[attr-defined]
        assert inserted.created_at == inserted.updated_at  # type: ignore[attr-defined]


@pytest.mark.parametrize("sees_events", [False, True])
async def test_the_database_fills_in_columns(session: AsyncSession, sees_events: bool) -> None:
    crud: Any = CRUDBase(FilledPart, FilledPartRead)
    if sees_events:
        event.listen(session.sync_session, "do_orm_execute", lambda state: None)
    for _ in range(3):
        created = await crud.create(session, FilledPartCreate())
        assert created == await crud.get(session, created.id)
        assert (created.t, created.tuple, created.code) == ("first", "second", "abc")
        assert (created.stock, created.initial, created.double, created.triple) == (7, 5, 14, 21)
        part = await crud.get_for_update(session, created.id)
        changed = await crud.update(session, part, FilledPartCreate(stock=8))
        assert (changed.stock, changed.double) == (8, 16)


def test_a_table_may_be_in_a_schema() -> None:
    assert InsertRow(PartInSchema)


async def test_a_default_may_use_the_connection(session: AsyncSession) -> None:
    insert = InsertRow(ForeignPart)
    for _ in range(3):
        row: Any = await insert(session, {})
        assert row.origin == session.get_bind().dialect.name


async def test_listeners_of_a_session_see_an_insert(session: AsyncSession) -> None:
    insert, seen = InsertRow(Part), list[object]()
    listened: Session = session.sync_session
    await insert(session, {"name": "before"})
    for name in ("do_orm_execute", "before_flush"):
        event.listen(listened, name, lambda subject, *arguments: seen.append(subject))
    await insert(session, {"name": "after"})
    assert seen
