"""The cost of a request in small and large tables, and on the first and last page."""

import base64
import json

from benchmarks import machine
from benchmarks.load import GET_ONE, PRODUCTS, Endpoint, require_wrk
from benchmarks.options import Options
from benchmarks.project import rendered
from benchmarks.rounds import Comparison, compare
from benchmarks.server import SERVICE, Server, serving
from benchmarks.tables import table

SIZES = [10_000, 100_000, 1_000_000]
QUICK_SIZES = [1_000, 2_000]
CLIENTS = 8
PAGE = 100


def measure(options: Options) -> str:
    """Return the cost of three requests at each size."""
    require_wrk()
    found = []
    sizes = QUICK_SIZES if options.quick else SIZES
    with rendered() as project:
        with project.database(options.database_url) as url:
            for size in sizes:
                project.rows("fill", size, url)
                with serving(project, SERVICE, url) as server:
                    found.append(_at(server, size, options))
        rows = [
            [title, *(f"{c.middle(title, SERVICE, 'cpu') * 1e6:,.0f}" for c in found)]
            + [f"{c.middle(title, SERVICE, 'p50') * 1e3:.1f}" for c in found]
            for title in dict.fromkeys(title for title, _ in found[0].slices)
        ]
        head = [
            "rows",
            *(f"{size:,}: CPU µs/request" for size in sizes),
            *(f"{size:,}: p50 ms" for size in sizes),
        ]
        return "\n\n".join([table(head, rows), machine.describe(project)])


def _at(server: Server, size: int, options: Options) -> Comparison:
    first = f"{PRODUCTS}?limit={PAGE}"
    cursor = _cursor(size - PAGE)
    status, last = server.request("GET", f"{first}&cursor={cursor}")
    if status != 200 or len(last["items"]) != PAGE or last["next_cursor"] is not None:
        raise SystemExit(f"this is not the last page: {status}, {last}")
    endpoints = [
        GET_ONE,
        Endpoint("first page of 100", first),
        Endpoint("last page of 100, by cursor", f"{first}&cursor={cursor}"),
        Endpoint("page of 100 at offset 9,900", f"{first}&offset=9900"),
    ]
    kinds = endpoints if size > 10_000 or not options.quick else endpoints[:3]
    return compare([server], kinds, options, clients=CLIENTS, rows=size, clean=lambda: None)


def _cursor(key: int) -> str:
    """Return the cursor of the page that begins after a key."""
    content = json.dumps(["id", key, key]).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
