"""A database URL with several hosts: silence, spans, and messages."""

import asyncio
from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.engine.hosts import watch
from app.core.engine.tracing import traced_database
from app.core.engine.unavailable import exit_if_unavailable
from app.core.errors import DatabaseUnavailableError
from tests.platform.database_server import DEFAULT_PORT, SLOW
from tests.platform.network.proxy import running
from tests.platform.telemetry_sdk import Spans

EngineFactory = Callable[..., AsyncEngine]


async def test_a_statement_on_a_silent_host_ends_when_another_host_can_be_used(
    make_engine: EngineFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "PERIOD", 0.05)
    monkeypatch.setattr(watch, "PATIENCE", 0.4)
    async with running() as proxy:
        url = several(proxy.port, server_port())
        engine = make_engine(database_url=url, database_connect_timeout=10)
        async with engine.connect() as connection:
            await connection.execute(select(literal(1)))
            await asyncio.sleep(0.5)  # meanwhile the host is asked
            proxy.silence()
            # The error of the driver, not this time limit.
            with pytest.raises((DBAPIError, DatabaseUnavailableError)):
                await asyncio.wait_for(connection.execute(text(SLOW)), 8)
        async with asyncio.timeout(8), engine.connect() as connection:
            await connection.execute(select(literal(1)))


async def test_a_span_has_the_host_of_its_connection(
    make_engine: EngineFactory, spans: Spans, unused_tcp_port: int
) -> None:
    url = several(unused_tcp_port, server_port())
    engine = make_engine(database_url=url, database_connect_timeout=10)
    with (
        traced_database(engine, spans.tracer),
        spans.tracer.start_as_current_span("request"),
    ):
        async with engine.connect() as connection:
            await connection.execute(select(literal(1)))
            await connection.commit()
    found = {span.name: dict(span.attributes or {}) for span in spans.finished()}
    assert {found[name].get("server.port") for name in ("SELECT", "COMMIT")} == {server_port()}
    assert {"server.address", "server.port"}.isdisjoint(found["CONNECT"])


async def test_the_sentence_of_a_command_has_all_hosts(
    make_engine: EngineFactory, unused_tcp_port_factory: Callable[[], int]
) -> None:
    one, two = unused_tcp_port_factory(), unused_tcp_port_factory()
    engine = make_engine(database_url=several(one, two), database_connect_timeout=10)
    with pytest.raises(SystemExit) as stop:
        async with exit_if_unavailable(engine.url), engine.connect():
            pass
    for port in (one, two):
        assert f":{port}: " in str(stop.value)
    assert f":{one}," in str(stop.value)


def server_port() -> int:
    """Return the port of the test server."""
    return get_settings().sqlalchemy_url.port or DEFAULT_PORT


def several(*ports: int) -> SecretStr:
    """Return the URL of the test database on some ports of its host."""
    own = get_settings().sqlalchemy_url
    hosts = {
        "host": ",".join(own.host or "127.0.0.1" for _ in ports),
        "port": ",".join(map(str, ports)),
    }
    url = URL.create(own.drivername, own.username, own.password, database=own.database)
    url = url.set(query={**own.query, **hosts})
    return SecretStr(url.render_as_string(hide_password=False))
