"""The layers: the everyday tests, the slow proofs, and the tests on clusters."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

Row = dict[str, str]
LIVE = re.compile(r"/test_live[_.]")
LINES_OF_A_FAILURE = 40


def layered(rows: Sequence[Row], everyday: Sequence[Row], name: Callable[[Row], str]) -> list[Any]:
    """Return the parameters of a test; rows that are not in `everyday` are proofs."""
    return [
        pytest.param(row, id=name(row), marks=() if row in everyday else pytest.mark.proof)
        for row in rows
    ]


def is_live(item: pytest.Item) -> bool:
    """Return whether a test runs a generated project, which is slow."""
    return bool(LIVE.search(item.nodeid))


def spread(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Spread the slow tests evenly among the quick ones, so that the progress is even.

    The last quarter has no live tests, so that the workers end together.
    """
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault("live" if is_live(item) else item.path.parent.name, []).append(item)
    places = {item: n / len(group) for group in groups.values() for n, item in enumerate(group)}
    return sorted(items, key=lambda item: places[item] * (0.75 if is_live(item) else 1))


def among(items: Sequence[pytest.Item], others: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Spread items evenly among others; both keep their order."""
    places = {
        item: (n + 0.5) / len(group) for group in (items, others) for n, item in enumerate(group)
    }
    return sorted([*others, *items], key=places.__getitem__)


class LiveProgress:
    """Prints the start of each live test, which can run for minutes, and each failure at once.

    So the output of a run that is stopped shows the failures and the time of each test.
    """

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self.reporter = reporter
        self.started = time.monotonic()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if LIVE.search(nodeid):
            minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
            self.reporter.write(f"\n{minutes}:{seconds:02} running {nodeid}\n")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            end = "\n".join(report.longreprtext.splitlines()[-LINES_OF_A_FAILURE:])
            self.reporter.write(f"\n{report.when} of {report.nodeid} failed:\n{end}\n")
