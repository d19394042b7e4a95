"""The connections that a request holds: one of each pool at a time.

Requests that each hold a connection and wait for a second one would wait for each other, as soon as
there are as many of them as the pool has connections.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

from sqlalchemy import exc
from structlog import get_logger

from app.core.config import get_settings
from app.core.errors import SecondConnectionError

logger = get_logger(__name__)


class RequestConnections:
    """The tasks of one request that hold a connection; made by the task that runs the route."""

    _was_logged = False

    def __init__(self) -> None:
        self._route = asyncio.current_task()
        self._holders: list[tuple[object, asyncio.Task[object] | None]] = []

    def hold(self, pool: object, *, exhausted: bool) -> Callable[[], None]:
        """Count a connection of `pool` for the current task; return the function that ends this.

        Args:
            pool: the pool of the connection; a second pool does not wait for the first one.
            exhausted: whether the pool has no free connection.

        Raises:
            SecondConnectionError: in `local` and in tests, when the current task, or the route that
                waits for it, holds a connection of the pool.
            sqlalchemy.exc.TimeoutError: elsewhere, when it does and the pool is exhausted.
        """
        holder = (pool, asyncio.current_task())
        if self._holders and (holder in self._holders or (pool, self._route) in self._holders):
            self._report(exhausted=exhausted)
        self._holders.append(holder)
        return lambda: self._holders.remove(holder)

    def _report(self, *, exhausted: bool) -> None:
        error = SecondConnectionError(
            "This request holds a connection for its transaction and asked for a second one. Pass"
            " the session of CurrentSessionTransaction to all code of this request."
        )
        if get_settings().environment == "local":
            raise error
        if not RequestConnections._was_logged:
            RequestConnections._was_logged = True
            logger.error("second_connection", reason=str(error))
        if exhausted:
            raise exc.TimeoutError(
                "no connection is free, and a request does not wait for a second one"
            )


# None outside of requests: a script or a job may use several connections.
request_connections: ContextVar[RequestConnections | None] = ContextVar(
    "request_connections", default=None
)
