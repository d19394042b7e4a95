"""The number of function calls for each request, a measure that is the same in each run."""

import json
import os
from collections.abc import Sequence

from benchmarks.load import GET_LIST, GET_ONE, POST, Endpoint
from benchmarks.options import Options
from benchmarks.project import ROOT, Project, rendered
from benchmarks.server import DRIVER, SERVICE, TEXTBOOK, TITLES, app_of
from benchmarks.tables import table

ENDPOINTS = [GET_ONE, GET_LIST, POST]
NAMES = [DRIVER, SERVICE, TEXTBOOK]


def measure(options: Options) -> str:
    """Return a table of the function calls for each request."""
    with rendered() as project, project.database(options.database_url) as url:
        project.rows("fill", 1_000, url)
        counts = {name: count(project, name, url) for name in NAMES}
    rows = [[e.title, *(f"{counts[n][i]:,}" for n in NAMES)] for i, e in enumerate(ENDPOINTS)]
    return table(["calls for a request", *(TITLES[n] for n in NAMES)], rows)


def count(
    project: Project,
    name: str,
    url: str,
    endpoints: Sequence[Endpoint] = ENDPOINTS,
    **variables: str,
) -> list[int]:
    """Return the function calls of a server for one request to each endpoint."""
    requests = [(e.method, e.path.replace(":id", "7"), e.body) for e in endpoints]
    output = project.run(
        *(project.python, "-m", "benchmarks.count_calls", app_of(name), json.dumps(requests)),
        DATABASE_URL=url,
        ENVIRONMENT="production",
        PYTHONPATH=os.pathsep.join([str(project.path), str(ROOT)]),
        **variables,
    )
    counts: list[int] = json.loads(output.splitlines()[-1])
    return counts
