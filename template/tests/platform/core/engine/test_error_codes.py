"""Errors of servers that cannot be used now."""

from collections.abc import Callable

import pytest
from asyncmy.errors import InternalError
from sqlalchemy import event, func, literal_column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.database import build_reader, engine
from app.core.engine import driver
from app.core.engine.primary import connector
from tests.platform.database_server import connection_number


@pytest.mark.parametrize(
    "message",
    [
        "target: shop.0.primary: primary is not serving, there is a reparent operation",
        "target: shop.-80.primary: no healthy tablet available for 'keyspace:\"shop\"'",
        "target: shop.0.primary: vttablet: rpc error: code = Unavailable desc = error",
        "VT14002: no available connection",
    ],
)
def test_a_shard_without_a_primary_is_unavailable(message: str) -> None:
    assert driver.is_unavailable(DBAPIError(None, None, Exception(1105, message)))
    assert not driver.is_unavailable(DBAPIError(None, None, Exception(1105, "other error")))


async def test_only_one_runtime_error_of_the_driver_is_a_closed_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def connect(connection: object) -> None:
        raise RuntimeError("'cryptography' package is required")

    monkeypatch.setattr("asyncmy.Connection.connect", connect)
    with pytest.raises(RuntimeError, match="cryptography"):
        await connector(get_settings())()


async def test_a_warning_does_not_close_the_connection(
    make_engine: Callable[..., AsyncEngine], caplog: pytest.LogCaptureFixture
) -> None:
    reader = build_reader(make_engine(), get_settings())
    statement = select(func.connection_id(), literal_column("'a' = 0"))
    found = {(await reader.rows(statement))[0] for _ in range(3)}
    assert len(found) == 1
    # The warnings themselves, and no error.
    assert [record.name for record in caplog.records] == ["asyncmy"] * 3


@pytest.mark.parametrize("code", [1047, 1158, 1290, 3032, 6400])
async def test_a_server_that_accepts_no_statements_is_left(code: int) -> None:
    async with engine.connect() as connection:
        number = await connection_number(connection)
        await connection.rollback()
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(
                text(f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'away'")
            )
        assert driver.is_unavailable(refused.value)
    async with engine.connect() as connection:
        assert await connection_number(connection) != number


async def test_a_connection_whose_packets_have_no_order_is_left() -> None:
    def fail(*arguments: object) -> None:
        raise InternalError("Packet sequence number wrong - got 2 expected 1")

    async with engine.connect() as connection:
        event.listen(engine.sync_engine, "do_execute", fail)
        try:
            with pytest.raises(DBAPIError) as broken:
                await connection.execute(text("SELECT 1"))
        finally:
            event.remove(engine.sync_engine, "do_execute", fail)
        assert broken.value.connection_invalidated
