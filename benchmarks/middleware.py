"""The cost of the service's own middleware, which also counts the connections of a request."""

import json
import os

from benchmarks.calls import ENDPOINTS
from benchmarks.options import Options
from benchmarks.project import ROOT, rendered
from benchmarks.server import SERVICE, app_of
from benchmarks.tables import table

SLICES, QUICK_SLICES = 400, 2


def measure(options: Options) -> str:
    """Return a table of the processor time of a request with and without the middleware."""
    requests = [(e.method, e.path.replace(":id", "7"), e.body) for e in ENDPOINTS]
    slices = str(QUICK_SLICES if options.quick else SLICES)
    with rendered() as project, project.database(options.database_url) as url:
        project.rows("fill", 1_000, url)
        output = project.run(
            *(project.python, "-m", "benchmarks.time_middleware"),
            *(app_of(SERVICE), slices, json.dumps(requests)),
            DATABASE_URL=url,
            ENVIRONMENT="production",
            PYTHONPATH=os.pathsep.join([str(project.path), str(ROOT)]),
        )
        project.rows("keep", 1_000, url)
    head = ["CPU µs/request", "without", "with", "ratio", "middleware"]
    return table(
        head,
        [
            [
                endpoint.title,
                f"{without * 1e6:.0f}",
                f"{full * 1e6:.0f}",
                f"{full / without:.2f}",
                f"{(full - without) * 1e6:.0f}",
            ]
            for endpoint, (without, full) in zip(
                ENDPOINTS, json.loads(output.splitlines()[-1]), strict=True
            )
        ],
    )
