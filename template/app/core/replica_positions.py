"""The lag of a replica, without a clock of a server.

A process notes the position of the primary from time to time, and asks each replica which of these
positions it has reached.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import TextClause, text

from app.core.engine.server_state import HAS_REACHED

# The lag is known to a tenth of the accepted one.
STEPS = 10


class Position(NamedTuple):
    """A position of the primary; `time` is that of `monotonic()`."""

    time: float
    text: str


class Positions:
    """The newest positions of the primary.

    Args:
        max_lag: the accepted lag in seconds.
    """

    def __init__(self, max_lag: float) -> None:
        self._step = max_lag / STEPS
        self._noted: deque[Position] = deque(maxlen=STEPS + 2)

    def note(self, position: Position) -> None:
        """Keep a position. It replaces the newest one if that is close to the one before it."""
        noted = self._noted
        if len(noted) > 1 and noted[-1].time - noted[-2].time < self._step:
            noted.pop()
        noted.append(position)

    def all(self) -> list[Position]:
        """Return the positions, the oldest one first."""
        return [*self._noted]


def has_reached(positions: Sequence[Position]) -> TextClause:
    """Return the question to a replica which positions of the primary it has reached."""
    columns = ", ".join(HAS_REACHED.format(number) for number in range(len(positions)))
    values = {f"p{number}": position.text for number, position in enumerate(positions)}
    return text(f"SELECT {columns}").bindparams(**values)


def lag_of(positions: Sequence[Position], reached: Sequence[object]) -> float | None:
    """Return the seconds between the newest position and the newest one that is reached.

    Args:
        positions: the positions of the primary, the oldest one first.
        reached: whether each of them is reached.
    """
    pairs = zip(positions, reached, strict=True)
    times = [position.time for position, is_reached in pairs if is_reached]
    return positions[-1].time - times[-1] if times else None
