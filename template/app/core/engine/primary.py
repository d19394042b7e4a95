"""New connections of asyncmy."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncmy

from app.core.config import Settings
from app.core.engine.url import driver_arguments

# The driver says this, in a RuntimeError, when the other side closes a new connection at once. A
# proxy does so while it has no server.
CLOSED = "Transport does not expose socket instance"


def connector(settings: Settings) -> Callable[..., Awaitable[Any]]:
    """Return the function that opens the connections of an engine.

    Its arguments are those of `asyncmy.connect`, and the parameters of the URL.
    """

    async def connect(**parameters: Any) -> Any:
        seconds = parameters.get("connect_timeout") or settings.database_connect_timeout
        async with asyncio.timeout(seconds):
            parameters |= await settings.current_login()
            return await _open(driver_arguments(parameters))

    return connect


async def _open(arguments: dict[str, Any]) -> asyncmy.Connection:
    try:
        return await asyncmy.connect(**arguments)
    except RuntimeError as error:
        if str(error) != CLOSED:
            raise
        raise ConnectionResetError("the server closed the connection") from error
