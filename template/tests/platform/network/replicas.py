"""Replicas for the tests: proxies of the test database."""

from typing import Any

from app.core.config import Settings, get_settings
from app.core.database import reader
from app.core.engine.reader import Reader
from app.core.engine.replica_settings import replica_settings
from app.core.replica_positions import Position, Positions
from app.core.replicas import Replica
from tests.platform.network.proxy import Proxy


class CountedReader(Reader):
    """The reader of the primary, which counts its statements.

    Args:
        known: the statement that it runs instead of each other one.
    """

    def __init__(self, known: Any = None) -> None:
        self._known = known
        self.statements = 0

    async def rows(self, statement: Any, parameters: Any = None) -> Any:
        """Return the rows of a statement."""
        self.statements += 1
        return await reader.rows(statement if self._known is None else self._known, parameters)


def replica_of(proxy: Proxy, **changes: Any) -> Replica:
    """Return a replica at a proxy that is used."""
    (replica,) = replicas_of(settings_of(proxy, **changes))
    replica.use(None)
    return replica


def replicas_of(settings: Settings) -> list[Replica]:
    """Return the replicas of settings, which are not used yet."""
    return [Replica(one) for one in replica_settings(settings)]


def settings_of(proxy: Proxy, **changes: Any) -> Settings:
    """Return settings with a replica at a proxy, and other changes."""
    changes |= {"database_replica_url": proxy.address}
    return get_settings().model_copy(update=changes)


def noted(*positions: tuple[float, str], max_lag: float = 10) -> Positions:
    """Return positions that are noted, each with its time in seconds."""
    found = Positions(max_lag)
    for position in positions:
        found.note(Position(*position))
    return found
