"""Costs besides requests: rendering, start, memory and tests."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.options import Options
from benchmarks.project import Project, render, rendered
from benchmarks.server import DRIVER, RAW, SERVICE, TEXTBOOK, TITLES, serving
from benchmarks.tables import table

SERVERS = [RAW, DRIVER, SERVICE, TEXTBOOK]
# Of the ratios.
BASE = DRIVER


@dataclass(frozen=True)
class Start:
    """A start of a server: seconds until the first response, and bytes of memory."""

    seconds: float
    cpu_seconds: float
    memory: float
    memory_after_load: float


def measure(options: Options) -> str:
    """Return tables of the start, the memory, and the waiting times of developers."""
    with rendered() as project, options.progress("costs", 3) as advance:
        with project.database(options.database_url) as url:
            project.rows("fill", 1_000, url)
            advance("start and memory")
            production = _production(project)
            rounds = [
                {name: _start(production, name, url, options) for name in _order(SERVERS, number)}
                for number in range(options.rounds)
            ]
        advance("rendering")
        waits = [["rendering", _seconds(_render, options)]]
        if not options.quick:
            advance("the suite")
            waits += [
                ["the generated suite", _seconds(lambda: _suite(project), options)],
                ["the same, in parallel", _seconds(lambda: _suite(project, "-n", "auto"), options)],
            ]
        head = [
            *("one worker", "start to first response, s", "its processor time, s"),
            *("memory at first, MB", "after load, MB"),
        ]
        ratios = [f"{TITLES[SERVICE]} relative to {TITLES[BASE]}", *_ratios(rounds)]
        return "\n\n".join(
            [
                table(head, [*(_figures(name, rounds) for name in SERVERS), ratios]),
                table(["", "s"], waits),
                machine.describe(project),
            ]
        )


def _production(project: Project) -> Project:
    """Return `project` with the packages of production only, as in the image."""
    environment = project.path / ".venv-production"
    project.run(
        *("uv", "sync", "--quiet", "--no-dev", "--compile-bytecode", "--python", sys.executable),
        UV_PROJECT_ENVIRONMENT=str(environment),
    )
    production = Project(project.path)
    production.python = str(environment / "bin/python")
    return production


def _order(names: list[str], number: int) -> list[str]:
    return names if number % 2 == 0 else names[::-1]


def _start(project: Project, name: str, url: str, options: Options) -> Start:
    started = time.perf_counter()
    with serving(project, name, url) as server:
        seconds, cpu_seconds = time.perf_counter() - started, server.cpu_seconds()
        memory = server.memory()
        for number in range(200 if options.quick else 2_000):
            server.request("GET", f"/api/v1/products/{number % 1_000 + 1}")
        return Start(seconds, cpu_seconds, memory, server.memory())


def _figures(name: str, rounds: list[dict[str, Start]]) -> list[str]:
    starts = [starts[name] for starts in rounds]
    return [
        TITLES[name],
        f"{median(start.seconds for start in starts):.2f}",
        f"{median(start.cpu_seconds for start in starts):.2f}",
        f"{median(start.memory for start in starts) / 1e6:.0f}",
        f"{median(start.memory_after_load for start in starts) / 1e6:.0f}",
    ]


def _ratios(rounds: list[dict[str, Start]]) -> list[str]:
    """Return the medians of the ratios in each round, since the load of the machine changes."""
    pairs = [(astuple(starts[SERVICE]), astuple(starts[BASE])) for starts in rounds]
    ratios = [[mine / its for mine, its in zip(*pair, strict=True)] for pair in pairs]
    return [f"{median(column):.2f}" for column in zip(*ratios, strict=True)]


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
