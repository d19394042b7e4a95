from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.platform import database

if TYPE_CHECKING:
    from tests.platform.recipes.models import Stock


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    """The tables of the recipes; dropped before another module compares tables with models."""
    from tests.platform.recipes.models import Base

    async with database.tables(Base.metadata):
        yield


@pytest.fixture
async def pencils(session: AsyncSession) -> Stock:
    """Five pencils in stock."""
    from tests.platform.recipes.models import Stock

    stock = Stock(article="Pencil", quantity=5)
    session.add(stock)
    await session.commit()
    return stock
