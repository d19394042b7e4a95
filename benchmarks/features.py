"""The cost of up to a hundred features: start, OpenAPI document, and routing."""

import shutil
import time
from pathlib import Path
from statistics import median

from benchmarks import machine
from benchmarks.load import PRODUCTS, Endpoint, require_wrk
from benchmarks.options import Options
from benchmarks.project import Project, rendered
from benchmarks.rounds import compare
from benchmarks.server import SERVICE, serving
from benchmarks.tables import table

COUNTS = [1, 10, 100]
QUICK_COUNTS = [1, 3]
CLIENTS = 8


def measure(options: Options) -> str:
    """Return the costs of start, OpenAPI and routing for each number of features."""
    require_wrk()
    with rendered() as project:
        with project.database(options.database_url) as url:
            project.rows("fill", 1_000, url)
            rows = []
            for count in QUICK_COUNTS if options.quick else COUNTS:
                for number in range(1, count):
                    copy_feature(project.path, number)
                rows.append([str(count), *_figures(project, url, options)])
        head = [
            *("features", "start to first response, s", "memory, MB", "first OpenAPI, ms"),
            *("OpenAPI, kB", "GET by id of the last feature, CPU µs"),
        ]
        return "\n\n".join([table(head, rows), machine.describe(project)])


def copy_feature(project: Path, number: int) -> None:
    """Copy the sample feature; the routes of the copy are matched before those of the sample."""
    target = project / "app" / f"feature_{number:03}"
    if target.exists():
        return
    shutil.copytree(project / "app/product", target)
    for path in target.glob("*.py"):
        text = path.read_text("utf-8")
        for old, new in (("product", f"item_{number:03}"), ("Product", f"Item{number:03}")):
            text = text.replace(old, new)
        path.write_text(text.replace(f"app.item_{number:03}", f"app.{target.name}"), "utf-8")


def _figures(project: Project, url: str, options: Options) -> list[str]:
    starts, describing, sizes, memory, cpu = [], [], [], [], []
    for _ in range(min(3, options.rounds)):
        started = time.perf_counter()
        with serving(project, SERVICE, url, DOCS_ENABLED="true") as server:
            starts.append(time.perf_counter() - started)
            memory.append(server.memory())
            began = time.perf_counter()
            sizes.append(len(server.fetch("GET", "/openapi.json")[1]))
            describing.append(time.perf_counter() - began)
            last = Endpoint("GET by id", PRODUCTS + "/:id")
            found = compare([server], [last], options, clients=CLIENTS, rows=1_000, clean=_nothing)
            cpu.append(found.middle(last.title, SERVICE, "cpu"))
    return [
        f"{median(starts):.2f}",
        f"{median(memory) / 1e6:.0f}",
        f"{median(describing) * 1e3:.0f}",
        f"{median(sizes) / 1e3:.0f}",
        f"{median(cpu) * 1e6:.0f}",
    ]


def _nothing() -> None:
    """Do nothing: reads need no cleanup."""
