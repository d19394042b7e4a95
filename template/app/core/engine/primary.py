"""New connections of asyncmy, to the first of several hosts that accepts writes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError

from app.core.config import Settings
from app.core.engine import error_codes
from app.core.engine.addresses import Address
from app.core.engine.hosts.hosts import Hosts
from app.core.engine.hosts.search import Search
from app.core.engine.hosts.watch import PERIOD
from app.core.engine.url import driver_arguments

CLOSE_TIMEOUT = 2.0

# A ping soon after the last use would tell nothing new: the end of a connection is seen without it.
PING_AFTER = 0.5

# The text of asyncmy's RuntimeError when the other side closes a new connection at once. A proxy
# does so while it has no server.
CLOSED = "Transport does not expose socket instance"

# MariaDB 12 returns OFF instead of 0. MySQL runs comments with !, MariaDB those with M!.
WRITABLE = (
    "CONCAT(@@global.read_only) IN ('0', 'OFF')"
    " /*!80000 AND NOT @@session.transaction_read_only */"
    " /*M!100000 AND NOT @@session.tx_read_only */"
)
# A member of Group Replication that has lost the majority still accepts statements, and then waits;
# a server that is not in its group changes rows that the group does not have.
IN_GROUP = """
    /*!80000 AND NOT EXISTS (
        SELECT 1 FROM performance_schema.replication_group_members
        HAVING SUM(member_state = 'UNREACHABLE') * 2 >= COUNT(*)
        OR SUM(member_state IN ('ERROR', 'OFFLINE')) AND (
            SELECT variable_value <> '' FROM performance_schema.global_variables
            WHERE variable_name = 'group_replication_group_name'
        )
    ) */
"""
# Whether a server accepts writes. The last one is for users who may not read the table of the
# group, and for servers without it.
QUESTIONS = (f"{WRITABLE}{IN_GROUP}", WRITABLE)


def connector(settings: Settings) -> Callable[..., Awaitable[Any]]:
    """Return the function that opens the connections of an engine.

    Its arguments are those of `asyncmy.connect`, and the parameters of the URL.
    """
    hosts: Hosts[_Connection] = Hosts()
    primary = Primary()

    async def connect(**parameters: Any) -> Any:
        start = monotonic()
        each = parameters.get("connect_timeout")
        seconds = each or settings.database_connect_timeout
        async with asyncio.timeout(seconds):
            parameters |= await settings.current_login()
        arguments = driver_arguments(parameters)
        named = _addresses(arguments.pop("host", None), arguments.pop("port", None))
        search = Search(
            partial(_open, arguments),
            primary.refusal if len(named) > 1 else _accept,
            primary.stays,
            _Connection.abort,
            errors=(OSError, MySQLError),
        )
        rest = seconds - (monotonic() - start)
        return await hosts.find(search, named, seconds=rest, each=each)

    return connect


class _Connection(asyncmy.Connection):
    address: Address
    # Whether nothing was sent since the last commit.
    is_committed = False
    autocommit_mode: bool
    _transport: Any
    _result: Any
    _stream_broken: bool

    def is_closed(self) -> bool:
        """Return whether the driver knows that the connection is closed."""
        # It has no public name.
        return bool(self._stream_broken)

    def is_in_transaction(self) -> bool:
        """Return whether a transaction may be open; asks the server nothing."""
        if self.autocommit_mode and self.get_autocommit():
            # The answer to a failed statement does not say whether it has left one open.
            return self._result is None or self.get_transaction_status()
        # Without autocommit a SELECT opens one, and older servers do not say so.
        return not self.is_committed

    async def show_warnings(self) -> Any:
        """Return the warnings of the last statement; keep the result of the statement."""
        result, warnings = self._result, await super().show_warnings()  # type: ignore[no-untyped-call]
        self._result = result
        return warnings

    def cursor(self, cursor: Any = None) -> Any:
        """Return a cursor; what it sends follows the last commit."""
        self.is_committed = False
        return super().cursor(cursor)

    def needs_ping(self, within: float = 0) -> bool:
        """Return whether the server has not answered for `PING_AFTER` seconds.

        Args:
            within: return True also if this is the case in so many seconds.
        """
        idle: float = self.loop.time() + within - self.last_usage
        return idle >= PING_AFTER

    async def ensure_closed(self) -> None:
        """Close the connection; wait at most `CLOSE_TIMEOUT` seconds for a silent server."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await super().ensure_closed()
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        """Close the connection at once; with TLS, `close` waits for an answer of the server."""
        if self._transport is not None:
            self._transport.abort()
        self.close()


class Primary:
    """The question to a server whether it accepts writes, in one round trip.

    It remembers the question that the servers can answer.
    """

    def __init__(self) -> None:
        self._question = QUESTIONS[0]

    async def refusal(self, connection: asyncmy.Connection) -> str | None:
        """Return the reason why a server is not wanted; None if it accepts writes."""
        question = self._question
        try:
            async with connection.cursor() as cursor:
                # Proxies that send reads to replicas send FOR UPDATE to the primary.
                await cursor.execute(f"SELECT {question} FOR UPDATE")
                (answer,) = await cursor.fetchone()
        except MySQLError as error:
            is_answer = error_codes.code_of(error) and not error_codes.may_pass(error)
            if question == QUESTIONS[-1] or not is_answer:
                raise
            self._question = QUESTIONS[-1]
            return await self.refusal(connection)
        await connection.rollback()
        return None if answer else "the server accepts no writes"

    async def stays(self, connection: asyncmy.Connection) -> None:
        """Wait until a server in use answers that it accepts writes.

        Connections to a server that accepts no writes end like those to a silent one.
        """
        while True:
            if await self.refusal(connection) is None:
                return
            await asyncio.sleep(PERIOD)


async def _accept(connection: asyncmy.Connection) -> str | None:
    return None


def _addresses(host: str | None, port: int | str | None) -> list[Address]:
    names, ports = (host or "").split(","), str(port or "").split(",")
    return [
        Address(name or None, int(number) if number else None)
        for name, number in zip(names, ports, strict=True)
    ]


async def _open(arguments: Mapping[str, Any], address: Address) -> _Connection:
    place: dict[str, Any] = {"host": address.host, "port": address.port}
    if (address.host or "").startswith("/"):
        place = {"unix_socket": address.host}
    given = {name: value for name, value in place.items() if value is not None}
    connection = _Connection(**given, **arguments)  # type: ignore[no-untyped-call]
    try:
        await connection.connect()
    except RuntimeError as error:
        if str(error) != CLOSED:
            raise
        raise ConnectionResetError("the server closed the connection") from error
    connection.address = address
    return connection
