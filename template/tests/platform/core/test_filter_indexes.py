"""Ranges and prefixes use the index of their column."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crud import CRUDBase
from app.core.database import engine
from app.core.filters import AnyOf, Filter
from app.core.pagination import PageQuery
from app.models.base import NAMING_CONVENTION, IntegerPrimaryKey
from tests.platform import database
from tests.platform.base import Base
from tests.platform.database_server import ANALYZE_PART, EXPLAIN, PRICE, TEXT_INDEX


class Part(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "part"
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    name: Mapped[str] = mapped_column(sa.String(100))
    price: Mapped[Decimal] = mapped_column(PRICE, index=True)


sa.Index("ix_part_name", Part.name, **TEXT_INDEX)


class PartRead(BaseModel):
    name: str
    price: Decimal


class PartQuery(PageQuery, model=Part):
    name_prefix: Annotated[str | None, Filter("prefix", Part.name)] = None
    names: Annotated[AnyOf[str] | None, Filter("in", Part.name)] = None
    price_min: Annotated[Decimal | None, Filter(">=", Part.price)] = None
    price_below: Annotated[Decimal | None, Filter("<", Part.price)] = None
    sort: Literal["id"] = "id"


part_crud = CRUDBase[Part, PartRead, PartRead, PartRead, int](Part, PartRead)


@pytest.fixture(scope="module")
async def _table() -> AsyncIterator[None]:
    """Enough rows, and current statistics, for the planner to prefer an index."""
    rows = [{"name": f"part {number}", "price": number} for number in range(2000)]
    async with database.tables(Part.metadata):
        async with engine.begin() as connection:
            await connection.execute(sa.insert(Part), rows)
        async with engine.begin() as connection:
            await connection.execute(ANALYZE_PART)
        yield


@pytest.mark.usefixtures("_table")
@pytest.mark.parametrize(
    ("sent", "index"),
    [
        ({"name_prefix": "part 25"}, "ix_part_name"),
        ({"name_prefix": "part 25_"}, "ix_part_name"),
        ({"names": ["part 25", "part 26"]}, "ix_part_name"),
        ({"price_min": 250, "price_below": 255}, "ix_part_price"),
    ],
)
async def test_a_filter_uses_the_index_of_its_column(
    connection: AsyncConnection, session: AsyncSession, sent: dict[str, Any], index: str
) -> None:
    statements: list[tuple[str, Any]] = []

    @sa.event.listens_for(connection.sync_connection, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        statements.append((statement, parameters))

    await part_crud.list(session, PartQuery.model_validate(sent))
    statement, parameters = statements[-1]
    plan = await connection.exec_driver_sql(f"{EXPLAIN} {statement}", parameters)
    steps = [{**row, "possible_keys": None} for row in plan.mappings()]
    assert index in str(steps), steps
