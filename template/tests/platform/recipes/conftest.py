from collections.abc import AsyncIterator

import pytest

from tests.platform import database


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    """The tables of the recipes; dropped before another module compares tables with models."""
    from tests.platform.recipes.models import Base

    async with database.tables(Base.metadata):
        yield
