from collections.abc import AsyncIterator

import pytest


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    """The tables of the recipes; dropped before another module compares tables with models."""
    from app.core.database import engine
    from tests.platform.recipes.models import Base

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    # Connections have prepared statements on the dropped tables.
    await engine.dispose()
