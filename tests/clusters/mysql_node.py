"""One server of a cluster of MySQL or MariaDB on loopback, and its faults."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql

from tests.clusters.ports import server_port

# Not root: a server in offline mode lets an administrator in.
USER, PASSWORD = "app", "cluster-password"


class Node:
    """One server of the cluster."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.port = server_port()
        self.group_port = server_port()
        self.folder = folder
        self.data = folder / f"data{number}"
        self.log = folder / f"log{number}"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Return the URL of a database on this server alone."""
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def query(self, statement: str, *, user: str = "root", timeout: float = 30) -> list[Any]:
        """Run a statement on a new connection, and return its rows.

        Raises:
            pymysql.Error: when the server does not answer in time, or refuses.
        """
        with self.connect(user=user, timeout=timeout) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def connect(self, *, user: str, timeout: float) -> pymysql.Connection:
        """Open a connection whose statements have a time limit, in seconds."""
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password="" if user == "root" else PASSWORD,
            connect_timeout=max(1, round(timeout)),
            read_timeout=timeout,
            autocommit=True,
        )

    def complaints(self) -> list[str]:
        """Return the last errors and warnings of the log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line for line in lines if "[ERROR]" in line or "[Warning]" in line][-15:]

    def kill(self) -> None:
        """End the server at once, as when its machine loses its power."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        """Let the server do nothing, as when its machine vanishes from the network."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


def until(happens: Callable[[], object], what: str, *, seconds: float = 90) -> None:
    """Wait until a call returns something true and raises no error of a database."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if happens():
                return
        except (pymysql.Error, LookupError):
            pass
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.25)
