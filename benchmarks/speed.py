"""The default service beside three baselines: throughput, processor time, latency."""

from benchmarks import machine
from benchmarks.alike import check_alike
from benchmarks.load import GET_LIST, GET_ONE, POST, require_wrk
from benchmarks.options import Options
from benchmarks.project import rendered
from benchmarks.rounds import Comparison, compare
from benchmarks.server import SERVICE, serving_all
from benchmarks.tables import table

RAW, DRIVER, TEXTBOOK = "raw", "driver", "textbook"
SERVERS = [RAW, DRIVER, SERVICE, TEXTBOOK]
TITLES = {
    RAW: "(a) raw ASGI + asyncpg",
    DRIVER: "(b) FastAPI + asyncpg",
    SERVICE: "**the service**",
    TEXTBOOK: "(c) the textbook",
}
ENDPOINTS = [GET_ONE, GET_LIST, POST]
ROWS = 10_000
CLIENTS = 32
# Four times as many as there are connections.
BURST = 120


def measure(options: Options) -> str:
    """Return the tables of all servers at all endpoints, and of a burst."""
    require_wrk()
    with rendered() as project, project.database(options.database_url) as url:
        rows = 1_000 if options.quick else ROWS
        project.rows("fill", rows, url)
        with serving_all(project, SERVERS, url) as servers:
            check_alike(servers)

            def clean() -> None:
                project.rows("keep", rows, url)

            clean()
            usual = compare(servers, ENDPOINTS, options, clients=CLIENTS, rows=rows, clean=clean)
            burst = compare(servers, [GET_ONE], options, clients=BURST, rows=rows, clean=clean)
        return "\n\n".join(
            [shares(usual), details(usual), overload(burst), machine.describe(project)]
        )


def shares(comparison: Comparison) -> str:
    """Return how much of a baseline's speed the service reaches, by processor time per request."""
    rows = [
        [
            endpoint.title,
            *(
                f"{comparison.ratio(endpoint.title, 'cpu', other, SERVICE):.2f}"
                for other in (RAW, DRIVER, TEXTBOOK)
            ),
        ]
        for endpoint in ENDPOINTS
    ]
    head = ["the service's speed", *(f"as a share of {TITLES[n]}" for n in (RAW, DRIVER, TEXTBOOK))]
    return table(head, rows)


def details(comparison: Comparison) -> str:
    """Return every figure of every server."""
    head = ["", "", "requests/s", "CPU µs/request", "p50 ms", "p99 ms"]
    rows = []
    for endpoint in ENDPOINTS:
        for name in SERVERS:
            figures = [
                comparison.middle(endpoint.title, name, figure)
                for figure in ("requests_per_second", "cpu", "p50", "p99")
            ]
            rate, cpu, p50, p99 = figures
            rows.append(
                [
                    endpoint.title,
                    TITLES[name],
                    f"{rate:,.0f}",
                    f"{cpu * 1e6:,.0f}",
                    f"{p50 * 1e3:.1f}",
                    f"{p99 * 1e3:.1f}",
                ]
            )
    return table(head, rows)


def overload(comparison: Comparison) -> str:
    """Return the latency when there are four times as many clients as connections."""
    head = [f"{BURST} clients, 30 connections", "p50 ms", "p99 ms", "p99 by (b)'s"]
    title = GET_ONE.title
    rows = [
        [
            TITLES[name],
            f"{comparison.middle(title, name, 'p50') * 1e3:.1f}",
            f"{comparison.middle(title, name, 'p99') * 1e3:.1f}",
            f"{comparison.ratio(title, 'p99', name, DRIVER):.2f}",
        ]
        for name in SERVERS
    ]
    return table(head, rows)
