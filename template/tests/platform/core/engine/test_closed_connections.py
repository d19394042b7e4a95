"""Connections that are closed between opening and use."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.errors import DatabaseUnavailableError

EngineFactory = Callable[..., AsyncEngine]


@pytest.mark.parametrize("closed", [1, 2])
async def test_a_closed_connection_is_replaced_once(
    make_engine: EngineFactory, closed: int
) -> None:
    engine = make_engine()
    rest = [DisconnectionError()] * closed

    @event.listens_for(engine.sync_engine, "checkout")
    def find_closed(*arguments: object) -> None:
        if rest:
            raise rest.pop()

    if closed > 1:
        with pytest.raises(DatabaseUnavailableError):
            await engine.connect()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_another_error_at_the_checkout_stays(make_engine: EngineFactory) -> None:
    engine = make_engine()

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse(*arguments: object) -> None:
        raise InvalidRequestError("of a listener")

    with pytest.raises(InvalidRequestError, match="of a listener"):
        await engine.connect()
