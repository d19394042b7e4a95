"""Costs besides requests: rendering, start, memory and tests."""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.options import Options
from benchmarks.project import Project, render, rendered
from benchmarks.server import DRIVER, RAW, SERVICE, TEXTBOOK, TITLES, serving
from benchmarks.tables import table

SERVERS = [RAW, DRIVER, SERVICE, TEXTBOOK]


def measure(options: Options) -> str:
    """Return tables of the start, the memory, and the waiting times of developers."""
    with rendered() as project, options.progress("costs", 3) as advance:
        with project.database(options.database_url) as url:
            project.rows("fill", 1_000, url)
            advance("start and memory")
            servers = [_server(project, name, url, options) for name in SERVERS]
        advance("rendering")
        waits = [["rendering", _seconds(_render, options)]]
        if not options.quick:
            advance("the suite")
            waits += [
                ["the generated suite", _seconds(lambda: _suite(project), options)],
                ["the same, in parallel", _seconds(lambda: _suite(project, "-n", "auto"), options)],
            ]
        head = ["one worker", "start to first response, s", "memory at first, MB", "after load, MB"]
        return "\n\n".join(
            [table(head, servers), table(["", "s"], waits), machine.describe(project)]
        )


def _server(project: Project, name: str, url: str, options: Options) -> list[str]:
    starts, before, after = [], [], []
    for _ in range(options.rounds):
        started = time.perf_counter()
        with serving(project, name, url) as server:
            starts.append(time.perf_counter() - started)
            before.append(server.memory())
            for number in range(200 if options.quick else 2_000):
                server.request("GET", f"/api/v1/products/{number % 1_000 + 1}")
            after.append(server.memory())
    return [
        TITLES[name],
        f"{median(starts):.2f}",
        f"{median(before) / 1e6:.0f}",
        f"{median(after) / 1e6:.0f}",
    ]


def _seconds(work: Callable[[], None], options: Options) -> str:
    durations = []
    for _ in range(min(3, options.rounds)):
        started = time.perf_counter()
        work()
        durations.append(time.perf_counter() - started)
    return f"{median(durations):.1f}"


def _render() -> None:
    with tempfile.TemporaryDirectory() as folder:
        render(Path(folder) / "project", {})


def _suite(project: Project, *arguments: str) -> None:
    command = [project.python, "-m", "pytest", "--quiet", *arguments]
    subprocess.run(
        command, cwd=project.path, env=project.environment, stdout=subprocess.DEVNULL, check=True
    )
