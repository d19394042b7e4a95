from collections.abc import AsyncIterator

import pytest


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    """The tables of the recipes, gone before another module compares the tables with the models."""
    from app.core.database import engine
    from tests.recipes.models import Base

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    # Connections remember statements on the tables, which may come again.
    await engine.dispose()
