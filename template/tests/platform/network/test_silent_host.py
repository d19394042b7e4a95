"""Statements on a host that stops to answer, while another one can be used."""

import asyncio
from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.engine import host_watch
from app.core.errors import DatabaseUnavailableError
from tests.platform.database_server import DEFAULT_PORT, SLOW
from tests.platform.network.proxy import running


async def test_a_statement_on_a_silent_host_ends_when_another_host_can_be_used(
    make_engine: Callable[..., AsyncEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_watch, "PERIOD", 0.05)
    monkeypatch.setattr(host_watch, "PATIENCE", 0.4)
    async with running() as proxy:
        engine = make_engine(database_url=through(proxy.port), database_connect_timeout=10)
        async with engine.connect() as connection:
            await connection.execute(select(literal(1)))
            proxy.silence()
            # The error of the driver, not this time limit.
            with pytest.raises((DBAPIError, DatabaseUnavailableError)):
                await asyncio.wait_for(connection.execute(text(SLOW)), 8)
        async with asyncio.timeout(8), engine.connect() as connection:
            await connection.execute(select(literal(1)))


def through(port: int) -> SecretStr:
    """Return the URL of the test database with two hosts: a proxy on a port, then the server."""
    own = get_settings().sqlalchemy_url
    hosts = {
        "host": f"127.0.0.1,{own.host or '127.0.0.1'}",
        "port": f"{port},{own.port or DEFAULT_PORT}",
    }
    url = URL.create(own.drivername, own.username, own.password, database=own.database)
    url = url.set(query={**own.query, **hosts})
    return SecretStr(url.render_as_string(hide_password=False))
