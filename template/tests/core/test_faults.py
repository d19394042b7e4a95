import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core.config import get_settings
from app.core.database import build_engine
from app.core.errors import DatabaseUnavailableError
from tests import proxy


async def test_a_network_that_goes_silent_ends_the_statement() -> None:
    async with proxy.running() as network:
        settings = get_settings().model_copy(
            update={"database_url": network.address, "database_statement_timeout": 0.2}
        )
        engine = build_engine(settings)
        async with asyncio.timeout(10), engine.connect() as connection:
            network.silence()
            with pytest.raises((DatabaseUnavailableError, OperationalError)):
                await connection.execute(text("SELECT 1"))
        await engine.dispose()
