"""The open connections of a pool that are not in use."""

from collections import deque

from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util.queue import Empty, QueueCommon


class IdleConnections(QueueCommon[ConnectionPoolEntry]):
    """The queue of a pool whose callers have a permit, so that nobody waits in it.

    It is never full: the pool closes the connections that it does not keep.

    Args:
        maxsize: the number of connections that the pool keeps.
        use_lifo: use the connection next that was returned last.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._entries: deque[ConnectionPoolEntry] = deque()

    def qsize(self) -> int:
        """Return the number of connections."""
        return len(self._entries)

    def put(
        self, item: ConnectionPoolEntry, block: bool = True, timeout: float | None = None
    ) -> None:
        """Add a connection."""
        self._entries.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        """Remove the next connection and return it.

        Raises:
            sqlalchemy.util.queue.Empty: when there is none.
        """
        if not self._entries:
            raise Empty
        return self._entries.pop() if self.use_lifo else self._entries.popleft()

    def next(self) -> ConnectionPoolEntry | None:
        """Return the connection that `get` would return; None if there is none."""
        return self._entries[-1 if self.use_lifo else 0] if self._entries else None

    def pop_oldest(self) -> ConnectionPoolEntry:
        """Remove the connection that is idle the longest and return it."""
        return self._entries.popleft()
