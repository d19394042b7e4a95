"""The connection that is wanted from one of several hosts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.core.engine.addresses import Address

ConnectionT = TypeVar("ConnectionT")


@dataclass(frozen=True)
class Search(Generic[ConnectionT]):
    """The wanted connection.

    Args:
        connect: opens a connection to a host.
        refusal: returns the reason why a connection is not a wanted one; None if it is.
        ping: waits for an answer on a connection.
        close: closes a connection without waiting for the server.
        errors: what `connect`, `refusal` and `ping` raise when a host cannot be used.
        takes_any: whether a connection that is not wanted is better than none.
    """

    connect: Callable[[Address], Awaitable[ConnectionT]]
    refusal: Callable[[ConnectionT], Awaitable[str | None]]
    ping: Callable[[ConnectionT], Awaitable[object]]
    close: Callable[[ConnectionT], object]
    errors: tuple[type[Exception], ...]
    takes_any: bool = False

    async def attempt(self, address: Address) -> tuple[ConnectionT, str | None]:
        """Return a connection to a host, with the reason why it is not a wanted one."""
        connection = await self.connect(address)
        try:
            return connection, await self.refusal(connection)
        except BaseException:
            self.close(connection)
            raise
