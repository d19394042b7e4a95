"""New connections of asyncpg, to one of the hosts of the URL."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any

import asyncpg

from app.core.config import Settings
from app.core.engine.addresses import Address
from app.core.engine.hosts.hosts import Hosts
from app.core.engine.hosts.search import Search
from app.core.engine.url import driver_arguments

CLOSE_TIMEOUT = 2.0

# The state that each value of `target_session_attrs` asks for, and whether it is wanted.
WANTED: dict[str, tuple[str, bool]] = {
    "primary": ("standby", False),
    "standby": ("standby", True),
    "prefer-standby": ("standby", True),
    "read-write": ("read-only", False),
    "read-only": ("read-only", True),
}
# Poolers, and other databases with this protocol, do not report the state when connecting.
STATE = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    address: Address

    async def close(self, *, timeout: float | None = CLOSE_TIMEOUT) -> None:  # noqa: ASYNC109
        """Close the connection; wait at most `CLOSE_TIMEOUT` seconds for a silent server."""
        await super().close(timeout=timeout)


def connector(settings: Settings) -> Callable[..., Awaitable[Any]]:
    """Return the function that opens the connections of an engine.

    Its arguments are those of `asyncpg.connect`, and the parameters of the URL.
    """
    hosts: Hosts[asyncpg.Connection] = Hosts()

    async def connect(**parameters: Any) -> Any:
        start = monotonic()
        each = float(parameters.get("connect_timeout", 0))
        seconds = each or settings.database_connect_timeout
        async with asyncio.timeout(seconds):
            parameters |= await settings.current_login()
        arguments = driver_arguments(parameters)
        named = _addresses(arguments.pop("host", None), arguments.pop("port", None))
        if parameters.get("load_balance_hosts") == "random":
            random.shuffle(named)
        target = arguments.pop("target_session_attrs", "any")
        search = Search(
            partial(_open, arguments),
            partial(_refusal, target),
            _ping,
            asyncpg.Connection.terminate,
            errors=(OSError, asyncpg.InterfaceError, asyncpg.PostgresError),
            takes_any=target == "prefer-standby",
        )
        rest = seconds - (monotonic() - start)
        return await hosts.find(search, named, seconds=rest, each=each or None)

    return connect


def _addresses(host: str | list[str] | None, port: int | list[int] | None) -> list[Address]:
    if isinstance(host, list) and isinstance(port, list):
        return [Address(*pair) for pair in zip(host, port, strict=True)]
    assert not isinstance(host, list)
    assert not isinstance(port, list)
    return [Address(host, port)]


async def _open(arguments: dict[str, Any], address: Address) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        host=address.host,
        port=address.port,
        connection_class=_Connection,
        target_session_attrs="any",
        **arguments,
    )
    connection.address = address
    return connection


async def _ping(connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT 1")


async def _refusal(target: str, connection: asyncpg.Connection) -> str | None:
    if target not in WANTED:
        return None
    settings = connection.get_settings()
    standby = getattr(settings, "in_hot_standby", None)
    read_only = getattr(settings, "default_transaction_read_only", None)
    if standby is None or read_only is None:
        # Behind a pooler only a transaction keeps one server connection.
        async with connection.transaction():
            is_standby, is_read_only = await connection.fetchrow(STATE)
    else:
        is_standby = standby == "on"
        is_read_only = is_standby or read_only == "on"
    state, wanted = WANTED[target]
    if wanted == (is_standby if state == "standby" else is_read_only):
        return None
    return f"the server is {'not ' if wanted else ''}{'a standby' if state == 'standby' else state}"
