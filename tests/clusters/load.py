"""The load of a service during faults of its database, and the check of every row."""

import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import NamedTuple

from tests.live import Service

CLIENT = Path(__file__).with_name("load_client.py")
# Few, so that a busy machine is not overloaded: the tests examine faults, not the speed.
WRITES_PER_SECOND = 20
# A service says with each of these what has happened; everything else is a fault.
ALLOWED = {"200", "201", "409", "503"}
ROWS = """
import asyncio, json
from sqlalchemy import select
from app.core.database import engine, session_scope
from app.product.models import Product
async def main():
    async with session_scope() as session:
        rows = await session.execute(select(Product.name, Product.description))
        print(json.dumps([[*row] for row in rows]))
    await engine.dispose()
asyncio.run(main())
"""


class Answer(NamedTuple):
    """The answer to one request; the times are those of `time.monotonic()`, in seconds.

    `kind` is POST, GET, PATCH or READY, `status` an HTTP status or the name of an error.
    """

    kind: str
    status: str
    started: float
    ended: float
    url: str
    name: str
    description: str


@dataclass
class Load:
    """The answers of a service, complete when the block of `loaded` has ended."""

    answers: list[Answer] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)

    def mark(self, event: str) -> None:
        """Note the time of an event."""
        self.marks[event] = time.monotonic()

    def statuses(self, kind: str, *, after: float = 0, before: float = inf) -> Counter[str]:
        """Count the statuses of the requests of one kind that began in a period."""
        return Counter(
            answer.status
            for answer in self.answers
            if answer.kind == kind and after <= answer.started < before
        )

    def slowest(self, kind: str) -> float:
        """Return the seconds of the slowest request of one kind."""
        return max(a.ended - a.started for a in self.answers if a.kind == kind)

    def outage(self) -> float:
        """Return the longest time in seconds without a row that is acknowledged."""
        times = sorted(a.ended for a in self.answers if (a.kind, a.status) == ("POST", "201"))
        return max(later - earlier for earlier, later in pairwise(times))

    def resumed(self, after: float) -> float:
        """Return the seconds from a time until a row is acknowledged whose POST began later."""
        return self._first("POST", "201", after) - after

    def turned(self, status: str, *, after: float) -> float:
        """Return the seconds from a time until readiness has a status.

        A probe that began just before a fault may be the one that finds it.
        """
        return self._first("READY", status, after, began_later=False) - after

    def _first(self, kind: str, status: str, after: float, *, began_later: bool = True) -> float:
        ends = [
            answer.ended
            for answer in self.answers
            if (answer.kind, answer.status) == (kind, status)
            and (answer.started if began_later else answer.ended) >= after
        ]
        assert ends, f"no {kind} {status} afterwards: {self.statuses(kind, after=after)}"
        return min(ends)

    def check(self, rows: Sequence[tuple[str, str | None]]) -> None:
        """Fail unless all statuses are allowed and each acknowledged change is there, once.

        Args:
            rows: name and description of all rows.
        """
        faults = {(a.kind, a.status) for a in self.answers} - {
            (kind, status) for kind in ("POST", "GET", "PATCH", "READY") for status in ALLOWED
        }
        assert not faults, f"{faults} in {Counter((a.kind, a.status) for a in self.answers)}"
        found = defaultdict(list)
        for name, description in rows:
            found[name].append(description)
        doubled = [name for name, descriptions in found.items() if len(descriptions) > 1]
        assert not doubled, f"{len(doubled)} rows are there twice: {doubled[:5]}"
        lost = [a.name for a in self.answers if a[:2] == ("POST", "201") and a.name not in found]
        assert not lost, f"{len(lost)} acknowledged rows are lost: {lost[:5]}"
        changed = [a for a in self.answers if a[:2] == ("PATCH", "200")]
        undone = [a.name for a in changed if found[a.name] != [a.description]]
        assert not undone, f"{len(undone)} acknowledged changes are lost: {undone[:5]}"

    def stored_though_refused(self, rows: Sequence[tuple[str, str | None]]) -> int:
        """Return the number of rows that are there although their POST had no 201."""
        acknowledged = {a.name for a in self.answers if a[:2] == ("POST", "201")}
        sent = {a.name for a in self.answers if a.kind == "POST"}
        return len({name for name, _ in rows} & sent - acknowledged)

    def print_report(self, title: str) -> None:
        """Print the figures, which pytest shows with `-rP`."""
        counts = {kind: dict(self.statuses(kind)) for kind in ("POST", "GET", "PATCH", "READY")}
        print(f"{title}: {counts}")
        print(f"{title}: outage {self.outage():.2f} s, slowest POST {self.slowest('POST'):.2f} s")


@contextmanager
def loaded(service: Service, *addresses: str, rate: int = WRITES_PER_SECOND) -> Iterator[Load]:
    """Send writes to the processes at some addresses while the block runs."""
    load = Load()
    output = service.path.parent / "answers"
    with output.open("w") as file:
        client = subprocess.Popen(
            [service.path / ".venv/bin/python", CLIENT, str(rate), *addresses],
            env=service.environment,
            stdin=subprocess.PIPE,
            stdout=file,
        )
        try:
            yield load
        finally:
            try:
                client.communicate(timeout=120)
            finally:
                client.kill()
    load.answers += [Answer(*json.loads(line)) for line in output.read_text().splitlines()]
    assert client.returncode == 0


def rows(service: Service, url: str) -> list[tuple[str, str | None]]:
    """Return name and description of all products in the database of a URL."""
    output = service.run("uv", "run", "python", "-c", ROWS, DATABASE_URL=url)
    return [tuple(row) for row in json.loads(output.splitlines()[-1])]
