"""The service against baselines: throughput, processor time per request, latency."""

from benchmarks import machine
from benchmarks.alike import check_alike
from benchmarks.load import GET_LIST, GET_ONE, POST, require_wrk
from benchmarks.options import Options
from benchmarks.plot import bars
from benchmarks.project import rendered
from benchmarks.rounds import Comparison, compare
from benchmarks.server import (
    DRIVER,
    MYSQL_DRIVER,
    RAW,
    SERVICE,
    TEXTBOOK,
    TITLES,
    serving_all,
)
from benchmarks.tables import table

ENDPOINTS = [GET_ONE, GET_LIST, POST]
ROWS = 10_000
# Few clients: their first requests, which wait for `accept`, stay below 1 % of all.
CLIENTS = 16
# Four clients for each connection.
BURST = 16
FEW_CONNECTIONS = {"DATABASE_POOL_SIZE": "4", "DATABASE_MAX_OVERFLOW": "0"}


def measure(options: Options) -> str:
    """Return the tables of the service on PostgreSQL and its three baselines."""
    return _measure(options, [RAW, DRIVER, SERVICE, TEXTBOOK], DRIVER, database="postgresql")


def measure_mysql(options: Options) -> str:
    """Return the tables of the service on MySQL and its driver without an ORM."""
    return _measure(options, [MYSQL_DRIVER, SERVICE], MYSQL_DRIVER, database="mysql")


def _measure(options: Options, names: list[str], base: str, *, database: str) -> str:
    require_wrk()
    rows = 1_000 if options.quick else ROWS
    with rendered(database=database) as project, project.database(options.database_url) as url:
        project.rows("fill", rows, url)

        def clean() -> None:
            project.rows("keep", rows, url)

        with serving_all(project, names, url) as servers:
            check_alike(servers)
            clean()
            usual = compare(servers, ENDPOINTS, options, clients=CLIENTS, rows=rows, clean=clean)
        with serving_all(project, names, url, **FEW_CONNECTIONS) as servers:
            burst = compare(servers, [GET_ONE], options, clients=BURST, rows=rows, clean=clean)
        if database == "postgresql":
            plot = bars({n: [_share(usual, e.title, n, base) for e in ENDPOINTS] for n in names})
            (options.output / "speed.svg").write_text(plot, "utf-8")
        parts = [shares(usual, names), details(usual, names), overload(burst, names, base)]
        return "\n\n".join([*parts, machine.describe(project)])


def _share(comparison: Comparison, title: str, name: str, base: str) -> float:
    return comparison.ratio(title, "cpu", base, name)


def shares(comparison: Comparison, names: list[str]) -> str:
    """Return the service's speed relative to the others, by processor time per request.

    In parentheses are the lowest and the highest round.
    """
    others = [name for name in names if name != SERVICE]
    rows = [
        [e.title, *(comparison.spread(e.title, "cpu", other, SERVICE) for other in others)]
        for e in ENDPOINTS
    ]
    return table(["speed of the service relative to", *(TITLES[name] for name in others)], rows)


def details(comparison: Comparison, names: list[str]) -> str:
    """Return all figures of all servers."""
    return table(
        ["", "", "requests/s", "CPU µs/request", "p50 ms", "p99 ms"],
        [_figures(comparison, e.title, name) for e in ENDPOINTS for name in names],
    )


def _figures(comparison: Comparison, title: str, name: str) -> list[str]:
    def middle(figure: str) -> float:
        return comparison.middle(title, name, figure)

    return [
        title,
        TITLES[name],
        f"{middle('requests_per_second'):,.0f}",
        f"{middle('cpu') * 1e6:,.0f}",
        f"{middle('p50') * 1e3:.1f}",
        f"{middle('p99') * 1e3:.1f}",
    ]


def overload(comparison: Comparison, names: list[str], base: str) -> str:
    """Return the latency when there are four times as many clients as connections."""
    title = GET_ONE.title
    rows = [
        [
            *_figures(comparison, title, name)[1:],
            comparison.spread(title, "p99", name, base),
        ]
        for name in names
    ]
    head = [f"{BURST} clients, 4 connections", "requests/s", "CPU µs/request", "p50 ms", "p99 ms"]
    return table([*head, f"p99 relative to {TITLES[base]}"], rows)
