"""URL parameters and session settings of MySQL, independent of the server's defaults."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, literal, select, table, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from app.core.config import get_settings
from app.core.database import engine, reader
from app.core.engine import primary, server_state
from app.core.engine.driver import COLLATION, engine_options, is_retryable, is_unavailable
from app.core.engine.url import parse_url
from scripts import local_server
from tests.platform.gizmo import Gizmo
from tests.platform.network.proxy import Proxy, running

EngineFactory = Callable[..., AsyncEngine]

pytestmark = pytest.mark.usefixtures("gizmo_table")


async def variable(name: str) -> str:
    async with engine.connect() as connection:
        return str((await connection.execute(text(f"SELECT @@session.{name}"))).scalar_one())


async def test_every_table_has_the_collation_of_the_service() -> None:
    collations = text(
        "SELECT table_name, table_collation FROM information_schema.tables"
        " WHERE table_schema = DATABASE()"
    )
    async with engine.connect() as connection:
        found = (await connection.execute(collations)).all()
    assert {"alembic_version", "gizmo"} <= {table for table, _ in found}
    assert {collation for _, collation in found} == {COLLATION}
    assert await variable("collation_database") != COLLATION, (
        "the database needs another collation for this test"
    )


async def test_sessions_are_strict_and_in_utc() -> None:
    modes = (await variable("sql_mode")).split(",")
    assert {"STRICT_ALL_TABLES", "NO_ZERO_DATE", "ERROR_FOR_DIVISION_BY_ZERO"} <= set(modes)
    assert await variable("time_zone") == "+00:00"


async def test_a_long_text_is_refused_and_not_truncated(session: AsyncSession) -> None:
    with pytest.raises(DataError):
        await session.execute(insert(Gizmo).values(name="x" * 101))


@pytest.mark.parametrize(
    ("code", "text", "retryable"),
    [
        (1180, "Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT", True),
        (1180, "Got error 28 - 'No space left on device' during COMMIT", False),
        (1305, "SAVEPOINT sa_savepoint_1 does not exist", False),
    ],
)
def test_the_text_tells_whether_a_commit_lost_a_conflict(
    code: int, text: str, retryable: bool
) -> None:
    error = OperationalError("COMMIT", None, Exception(code, text))
    assert is_retryable(error) is retryable
    assert is_unavailable(error) or not retryable


def test_a_migration_has_no_time_limit() -> None:
    options = engine_options(get_settings(), statement_timeout=None)
    assert "read_timeout" not in options["connect_args"]
    assert "wait_timeout" not in options["connect_args"]["init_command"]


def test_the_charset_of_the_url_is_ignored() -> None:
    assert parse_url("mysql://h/shop?charset=utf8").query == {}


@pytest.mark.parametrize("name", ["ssl_check_hostname", "ssl_verify_identity"])
def test_a_ca_without_the_name_of_the_host_is_verify_ca(name: str) -> None:
    url = parse_url(f"mysql://h/shop?ssl_ca=ca.pem&{name}=false")
    assert url.query == {"ssl_ca": "ca.pem", "ssl_mode": "verify-ca"}
    assert parse_url(f"mysql://h/shop?{name}=false").query == {}


def test_ctrl_c_while_the_local_server_starts_stops_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spawned = []

    def spawn(command: list[str], log: Path) -> int:
        spawned.append(os.posix_spawn("/bin/sleep", ["sleep", "60"], os.environ))
        return spawned[0]

    def interrupt(folder: Path) -> bool:
        raise KeyboardInterrupt

    (tmp_path / "mysql").mkdir()
    monkeypatch.setattr(local_server, "_program", lambda: Path("mysqld"))
    monkeypatch.setattr(local_server, "_spawn", spawn)
    monkeypatch.setattr(local_server, "is_running", interrupt)
    with pytest.raises(KeyboardInterrupt):
        local_server.start(tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(spawned[0], 0)


async def test_readiness_needs_no_right_on_the_table_of_the_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forbidden = select(literal(1)).select_from(table("group_of_nobody"))
    answered = select(literal(0))
    monkeypatch.setattr(server_state, "_questions", [forbidden, answered])
    for _ in range(2):
        assert not await server_state.is_usable(reader, reader, get_settings())
        assert server_state._questions == [answered]
    monkeypatch.setattr(server_state, "_questions", [forbidden])
    with pytest.raises(DBAPIError):
        await server_state.is_usable(reader, reader, get_settings())


@pytest.fixture
async def encrypted(
    make_engine: EngineFactory, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Proxy, AsyncConnection]]:
    """A connection with TLS and a statement timeout (s), and the proxy to its server."""
    async with running() as proxy:
        url = get_settings().sqlalchemy_url.set(host="127.0.0.1", port=proxy.port)
        url = url.update_query_dict({"ssl_mode": "require"})
        secret = SecretStr(url.render_as_string(hide_password=False))
        try:
            connection = await make_engine(
                database_url=secret, database_statement_timeout=request.param
            ).connect()
        except DBAPIError as error:
            pytest.skip(f"the server has no TLS: {error.orig}")
        yield proxy, connection
        await connection.close()


@pytest.mark.parametrize("encrypted", [30], indirect=True)
async def test_a_connection_with_tls_to_a_silent_server_ends_at_once(
    encrypted: tuple[Proxy, AsyncConnection],
) -> None:
    proxy, connection = encrypted
    driver_connection: Any = (await connection.get_raw_connection()).driver_connection
    proxy.silence()
    statement = asyncio.create_task(connection.execute(text("SELECT 1")))
    assert not (await asyncio.wait([statement], timeout=0.3))[0]
    driver_connection.abort()
    with pytest.raises(DBAPIError):
        await asyncio.wait_for(statement, 5)
    driver_connection.abort()  # it is closed already


@pytest.mark.parametrize("encrypted", [1], indirect=True)
async def test_a_silent_server_does_not_delay_the_end_of_tls(
    encrypted: tuple[Proxy, AsyncConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(primary, "CLOSE_TIMEOUT", 0.1)
    proxy, connection = encrypted
    proxy.silence()
    async with asyncio.timeout(10):
        with pytest.raises(DBAPIError, match="read timeout"):
            await connection.execute(text("SELECT 1"))
