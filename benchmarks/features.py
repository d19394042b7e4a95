"""The cost of up to a hundred generated features: start, OpenAPI document, and requests."""

import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from statistics import median

from benchmarks import machine
from benchmarks.load import GET_ONE, Endpoint, require_wrk
from benchmarks.options import Options
from benchmarks.project import Project, rendered
from benchmarks.rounds import compare
from benchmarks.server import SERVICE, Server, serving
from benchmarks.tables import table

COUNTS = [1, 10, 100]
QUICK_COUNTS = [3, 4]
CLIENTS = 8
# The order of the README, and others; the sample `product` is the last feature.
COLUMNS = [
    "customer:str(120) total:decimal(12,2) placed_at:datetime note:text? "
    "status:enum(open|paid|sent)=open product:ref",
    "title:str(80) place_count:int due_date:date? is_public:bool=false details:json?",
    "code:str(20) amount:bigint owner:uuid? product:ref?",
]
WRITE = """
import json, sys
from scripts.feature import write
for name, columns in json.loads(sys.argv[1]):
    write(name, columns, key="uuid")
"""
CREATE_TABLES = """
import asyncio
from app.core.database import engine
from app.core.discovery import import_models
from app.models.base import Base
async def main():
    import_models()
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
asyncio.run(main())
"""


@dataclass(frozen=True)
class Document:
    """The first OpenAPI document: seconds, the longest wait of another request, and bytes."""

    seconds: float
    longest_wait: float
    size: int


def measure(options: Options) -> str:
    """Return the costs for each number of features, and those of requests relative to few."""
    require_wrk()
    counts = QUICK_COUNTS if options.quick else COUNTS
    with rendered() as few, rendered() as project, project.database(options.database_url) as url:
        project.rows("fill", 1_000, url)
        production = project.without_development()
        rows, written = [], 0
        for count in counts:
            write_features(project, range(written, count - 1), url)
            written = count - 1
            rows.append([str(count), *_figures(production, url, options)])
        middle = written // 2
        for number in (0, middle):
            write_features(few, range(number, number + 1), url)
        ratios = _ratios(few, project, url, options, middle)
        head = [
            *("features", "start to first response, s", "memory, MB", "first OpenAPI, ms"),
            *("longest wait of another request meanwhile, ms", "OpenAPI, kB"),
        ]
        compared = [f"CPU of a request, {counts[-1]} features relative to 3", "ratio"]
        tables = [table(head, rows), table(compared, ratios), machine.describe(project)]
        return "\n\n".join(tables)


def write_features(project: Project, numbers: Iterable[int], url: str) -> None:
    """Generate features with the columns of `COLUMNS` in turn, and create their tables."""
    features = [(f"order_{n:02}", COLUMNS[n % len(COLUMNS)].split()) for n in numbers]
    project.run(project.python, "-c", WRITE, json.dumps(features))
    project.run(project.python, "-c", CREATE_TABLES, DATABASE_URL=url)


def _ratios(
    few: Project, many: Project, url: str, options: Options, middle: int
) -> list[list[str]]:
    """Return the ratios for the first, a middle and the last feature in the order of routes."""
    endpoints = [
        Endpoint("list of the first", "/api/v1/order-00s"),
        Endpoint("list of the middle", f"/api/v1/order-{middle:02}s"),
        replace(GET_ONE, title="GET by id of the last"),
    ]
    with serving(few, SERVICE, url) as one, serving(many, SERVICE, url) as other:
        one.name, other.name = "few", "many"
        found = compare(
            [one, other], endpoints, options, clients=CLIENTS, rows=1_000, clean=_nothing
        )
    return [[e.title, found.spread(e.title, "cpu", "many", "few")] for e in endpoints]


def _figures(project: Project, url: str, options: Options) -> list[str]:
    starts, documents, memory = [], [], []
    for number in range(min(3, options.rounds) + 1):
        started = time.perf_counter()
        with serving(project, SERVICE, url, DOCS_ENABLED="true") as server:
            if number == 0:
                continue  # the byte code was not there yet
            starts.append(time.perf_counter() - started)
            memory.append(server.memory())
            documents.append(_first_document(server))
    return [
        f"{median(starts):.2f}",
        f"{median(memory) / 1e6:.0f}",
        f"{median(document.seconds for document in documents) * 1e3:.0f}",
        f"{median(document.longest_wait for document in documents) * 1e3:.0f}",
        f"{median(document.size for document in documents) / 1e3:.0f}",
    ]


def _first_document(server: Server) -> Document:
    """Fetch the OpenAPI document, and send requests to a probe until it is there."""
    with ThreadPoolExecutor(1) as executor:
        began = time.perf_counter()
        fetched = executor.submit(server.fetch, "GET", "/openapi.json")
        longest = 0.0
        while not fetched.done():
            sent = time.perf_counter()
            server.fetch("GET", "/health/live")
            longest = max(longest, time.perf_counter() - sent)
        return Document(time.perf_counter() - began, longest, len(fetched.result()[1]))


def _nothing() -> None:
    """Do nothing: reads need no cleanup."""
