"""A reader returns what SQLAlchemy itself returns, also when the driver runs the statement."""

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from unittest.mock import AsyncMock

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.util import greenlet_spawn

from app.core.config import get_settings
from app.core.database import engine, reader
from app.core.engine import driver
from app.models.types import EnumText, UTCDateTime
from tests.platform import database
from tests.platform.database_server import OWN_TYPES

# SQLAlchemy warns about some of its own types.
pytestmark = pytest.mark.filterwarnings("ignore:Type object:sqlalchemy.exc.SADeprecationWarning")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Doubled(sa.types.TypeDecorator[int]):
    """Stores twice the number, in SQL and in Python."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value * 2

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else value // 2

    def bind_expression(self, bindvalue: sa.BindParameter[int]) -> sa.ColumnElement[int]:
        return bindvalue + 0


MOMENT = dt.datetime.fromisoformat("2026-01-02T03:04:05.678901")
NUMBER = Decimal("12345.67")
COLUMNS: dict[str, tuple[Any, Any]] = {
    "boolean": (sa.Boolean, True),
    "small": (sa.SmallInteger, -3),
    "whole": (sa.Integer, 2**31 - 1),
    "big": (sa.BigInteger, -(2**62)),
    "numeric": (sa.Numeric(10, 2), NUMBER),
    "numeric_as_float": (sa.Numeric(10, 2, asdecimal=False), 12345.67),
    "float": (sa.Float(53), 0.1),
    "float_as_decimal": (sa.Float(53, asdecimal=True), Decimal("0.5")),
    "double": (sa.Double, 1e100),
    "string": (sa.String(50), "ä%s :x 'q' \\ 😀"),
    "text": (sa.Text, "line\nline"),
    "binary": (sa.LargeBinary, b"\x00\xff%s'\\"),
    "pickle": (sa.PickleType, {"a": (1, None)}),
    "date": (sa.Date, MOMENT.date()),
    "time": (sa.Time, dt.time(3, 4, 5)),
    "datetime": (sa.DateTime, MOMENT.replace(microsecond=0)),
    "interval": (sa.Interval, dt.timedelta(days=3, seconds=5)),
    "enum": (sa.Enum(Colour, name="colour"), Colour.BLUE),
    "enum_of_texts": (sa.Enum("a", "b", name="letter"), "b"),
    "enum_text": (sa.Enum(Colour, native_enum=False, length=20), Colour.RED),
    "enum_value": (EnumText, None),
    "json": (sa.JSON, {"a": [1, 2.5, None, "ä"], "b": {}}),
    "uuid": (sa.Uuid, uuid.UUID(int=5)),
    "uuid_as_text": (sa.Uuid(as_uuid=False), str(uuid.UUID(int=6))),
    "utc": (UTCDateTime, MOMENT.replace(tzinfo=dt.UTC)),
    "doubled": (Doubled, 21),
    **OWN_TYPES,
}

metadata = sa.MetaData()
table = sa.Table(
    "every_type",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    *[sa.Column(name, kind) for name, (kind, _) in COLUMNS.items()],
)
c: Any = table.c


@pytest.fixture(scope="module", autouse=True)
async def rows_of_every_type() -> AsyncIterator[None]:
    async with database.tables(metadata):
        async with engine.begin() as connection:
            values = {name: value for name, (_, value) in COLUMNS.items()}
            await connection.execute(sa.insert(table), {"id": 1} | values)
            await connection.execute(sa.insert(table), {"id": 2} | dict.fromkeys(values))
        yield


def described(rows: Any) -> list[list[tuple[type, str]]]:
    """Return the types and values of rows; a text also compares NaN and objects without `==`."""
    return [[(type(value), repr(value)) for value in row] for row in rows]


async def answer(statement: Any, values: dict[str, Any] | None, *, by_reader: bool) -> Any:
    """Return the rows, or the class and the message of the error."""
    try:
        if by_reader:
            return described(await reader.rows(statement, values))
        return described(await greenlet_spawn(fetch_all, statement, values))
    except (StatementError, AttributeError, TypeError) as error:
        # Some literals come back as texts, which the converters of their types do not accept.
        names = ("statement", "hide_parameters", "connection_invalidated", "is_disconnect")
        cause = getattr(error, "orig", error)
        attributes = [getattr(error, name, None) for name in names]
        return type(error), type(cause), str(cause), getattr(cause, "sqlstate", None), attributes


def fetch_all(statement: Any, values: dict[str, Any] | None) -> Any:
    with driver.read_connection(engine.sync_engine, get_settings()) as connection:
        return connection.execute(statement, values).all()


async def compare(statement: Any, values: dict[str, Any] | None = None) -> Any:
    expected = await answer(statement, values, by_reader=False)
    for _ in range(3):
        assert await answer(statement, values, by_reader=True) == expected
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    return expected


@pytest.mark.parametrize("name", COLUMNS)
async def test_each_type_is_read_as_by_sqlalchemy(name: str) -> None:
    column, value = c[name], COLUMNS[name][1]
    await compare(sa.select(column).order_by(c.id))
    await compare(sa.select(c.id).where(column == sa.bindparam("value")), {"value": value})
    await compare(sa.select(c.id).where(column == sa.bindparam("value")), {"value": None})
    await compare(sa.select(c.id, column).where(column == value))
    await compare(sa.select(sa.literal(value, column.type).label("it"), column).where(c.id == 1))
    await compare(sa.select(sa.func.max(column), sa.func.count(column)))


BY_ID = sa.select(c.id, c.string).where(c.id == sa.bindparam("key"))
OTHER = table.alias("other")
STATEMENTS: list[tuple[Any, dict[str, Any] | None]] = [
    (sa.select(sa.func.count(), sa.func.sum(c.numeric), sa.func.avg(c.whole)), None),
    (sa.select(sa.cast(c.numeric, sa.String(20)), sa.cast(c.string, sa.Text)), None),
    (sa.select(sa.case((c.id == 1, c.numeric), else_=None).label("one")).order_by(c.id), None),
    (sa.select(c.id, OTHER.c.id, OTHER.c.doubled).join(OTHER, OTHER.c.id == c.id), None),
    (sa.select(sa.select(c.id, c.numeric).cte("parts")), None),
    (sa.union_all(sa.select(c.id, c.utc), sa.select(c.id, c.utc)).order_by("id"), None),
    (sa.select(c.id).where(c.id.in_([1, 2])).order_by(c.id), None),
    (sa.select(c.id).where(c.id.in_(sa.bindparam("k", expanding=True))), {"k": [2]}),
    (sa.select(c.id).order_by(c.id).limit(1).offset(sa.bindparam("o")), {"o": 1}),
    (sa.select(c.id).where(c.id == sa.bindparam(None, callable_=lambda: 2)), None),
    (sa.select(c.id).where(c.id == sa.bindparam("key", 1)), None),
    (sa.select(c.id).where(c.id == sa.bindparam("key", 1)), {"key": 2}),
    *((BY_ID, values) for values in ({"key": 1}, {"key": 99}, None, {"key": "no number"})),
    (BY_ID, {"key": 1, "more": 2}),
    (sa.select(sa.literal(5), sa.literal("5%"), sa.literal_column("6"), sa.null()), None),
    (sa.select(sa.text("id AS it"), c.string).order_by(c.id), None),
    (sa.select(sa.literal_column("missing")).select_from(table), None),
    (sa.select(c.id.label("a b"), c.id.label("class")), None),
    (sa.select(table).order_by(c.id), None),
    (sa.select(c.id).order_by(c.id).with_for_update(), None),
    (sa.select(c.id).execution_options(stream_results=True), None),
    (sa.select(c.id).where(sa.exists().where(OTHER.c.id == c.id)), None),
]


@pytest.mark.parametrize("number", range(len(STATEMENTS)))
async def test_each_form_of_a_statement_is_answered_as_by_sqlalchemy(number: int) -> None:
    await compare(*STATEMENTS[number])


async def test_values_of_one_form_are_not_mixed_up() -> None:
    for key in (1, 2, 1, 99):
        await compare(sa.select(c.doubled).where(c.id == key))


async def test_a_table_that_changes_is_read_anew() -> None:
    statement = sa.select(c.small)
    before = await compare(statement)
    async with engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE every_type ADD COLUMN late INTEGER"))
    assert await compare(statement) == before
    late: Any = sa.select(sa.literal_column("late")).select_from(table)
    await compare(late)
    async with engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE every_type DROP COLUMN late"))
    assert issubclass((await compare(late))[0], DBAPIError)


async def test_the_driver_ran_them(monkeypatch: pytest.MonkeyPatch) -> None:
    if not driver.direct_engine(engine.sync_engine, get_settings()):
        pytest.skip("behind a pooler SQLAlchemy runs each statement in a transaction")
    fetch = AsyncMock(wraps=driver.fetch)
    monkeypatch.setattr(driver, "fetch", fetch)
    await compare(sa.select(*[column for column in table.c if column.name != "id"]))
    assert fetch.await_count == 2
