"""Clients that write through the driver alone: they tell when a database accepts writes."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pymysql

from tests.clusters.mysql_node import USER, Node

PAUSE = 0.05


@dataclass
class Probe:
    """The times at which the writes that succeeded began and ended."""

    writes: list[tuple[float, float]] = field(default_factory=list)

    def recovered(self, after: float) -> float:
        """Return the seconds from a time until a write succeeds that began later."""
        ends = [end for begin, end in self.writes if begin >= after]
        assert ends, "no write succeeded afterwards"
        return min(ends) - after


@contextmanager
def probing(nodes: Sequence[Node]) -> Iterator[Probe]:
    """Write a row through each server again and again while the block runs."""
    nodes[0].query("CREATE DATABASE IF NOT EXISTS probe")
    nodes[0].query("CREATE TABLE probe.probe (id BIGINT AUTO_INCREMENT PRIMARY KEY)")
    probe, stopped = Probe(), threading.Event()

    def write(node: Node) -> None:
        while not stopped.is_set():
            try:
                with node.connect(user=USER, timeout=1) as connection:
                    _write(connection, probe, stopped)
            except pymysql.Error:
                stopped.wait(PAUSE)

    threads = [threading.Thread(target=write, args=[node]) for node in nodes]
    for thread in threads:
        thread.start()
    try:
        yield probe
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def _write(connection: pymysql.Connection, probe: Probe, stopped: threading.Event) -> None:
    while not stopped.wait(PAUSE):
        begin = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO probe.probe VALUES ()")
        probe.writes.append((begin, time.monotonic()))
