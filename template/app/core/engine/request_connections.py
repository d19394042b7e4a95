"""The connections that a request holds: one of each pool at a time.

Requests that each hold a connection and wait for a second one would wait for each other, as soon as
there are as many of them as the pool has connections.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import exc
from structlog import get_logger

from app.core.config import get_settings
from app.core.errors import SecondConnectionError

logger = get_logger(__name__)


@dataclass(eq=False)
class _Hold:
    pool: object
    is_open: bool = True

    def end(self) -> None:
        self.is_open = False


# A task that starts while the code that starts it holds a connection gets a copy of this.
_holds: ContextVar[tuple[_Hold, ...]] = ContextVar("holds", default=())


def holds_connection(pool: object) -> bool:
    """Return whether the current task of a request, or one that has started it, holds one."""
    return any(hold.is_open and hold.pool is pool for hold in _holds.get())


class RequestConnections:
    """A block that counts the connections of a request; tasks that outlive it are not counted."""

    _was_logged = False
    is_over = False

    def __enter__(self) -> None:
        self._token = request_connections.set(self)

    def __exit__(self, *error: object) -> None:
        self.is_over = True
        request_connections.reset(self._token)

    def hold(self, pool: object, *, is_exhausted: Callable[[], bool]) -> Callable[[], None]:
        """Count a connection of `pool` for the current task; return the function that ends this.

        Args:
            pool: the pool of the connection; a second pool does not wait for the first one.
            is_exhausted: returns whether the pool has no free connection.

        Raises:
            SecondConnectionError: in `local` and in tests, when the current task, or one that has
                started it, holds a connection of the pool.
            sqlalchemy.exc.TimeoutError: elsewhere, when it does and the pool is exhausted.
        """
        new = _Hold(pool)
        open_holds: tuple[_Hold, ...] = (new,)
        for hold in _holds.get():
            if hold.is_open:
                open_holds += (hold,)
                if hold.pool is pool:
                    self._report(is_exhausted)
        _holds.set(open_holds)
        return new.end

    def _report(self, is_exhausted: Callable[[], bool]) -> None:
        error = SecondConnectionError(
            "This request holds a connection for its transaction and asked for a second one. Pass"
            " the session of CurrentSessionTransaction to all code of this request."
        )
        if get_settings().environment == "local":
            raise error
        if not RequestConnections._was_logged:
            RequestConnections._was_logged = True
            logger.error("second_connection", reason=str(error))
        if is_exhausted():
            raise exc.TimeoutError(
                "no connection is free, and a request does not wait for a second one"
            )


# None outside of requests: a script or a job may use several connections.
request_connections: ContextVar[RequestConnections | None] = ContextVar(
    "request_connections", default=None
)
