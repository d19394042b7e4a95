"""Load from wrk: one slice of requests to one server."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server import Server

SCRIPT = Path(__file__).parent / "load.lua"
PRODUCTS = "/api/v1/products"
BODY = '{"name": "Notebook", "description": "A5, dotted, 96 pages", "price": "4.50"}'


@dataclass(frozen=True)
class Endpoint:
    """A kind of request; `:id` in its path is replaced by a random key."""

    title: str
    path: str
    method: str = "GET"
    body: str = ""


GET_ONE = Endpoint("GET by id", PRODUCTS + "/:id")
GET_LIST = Endpoint("GET list of 100", PRODUCTS + "?limit=100")
POST = Endpoint("POST create", PRODUCTS, "POST", BODY)


@dataclass(frozen=True)
class Slice:
    """The figures of one server for one endpoint, over a few seconds."""

    requests_per_second: float
    cpu: float  # seconds of the server's processor time per request
    p50: float  # seconds
    p99: float


def load(server: Server, endpoint: Endpoint, *, seconds: int, clients: int, rows: int) -> Slice:
    """Send requests from one wrk thread; each client sends the next one after a response.

    Raises:
        SystemExit: when a request failed, since an error costs less than a success.
    """
    before = server.cpu_seconds()
    output = subprocess.check_output(
        [
            *("wrk", "--threads", "1", "--connections", str(clients)),
            *("--duration", f"{seconds}s", "--timeout", "10s", "--script", str(SCRIPT)),
            f"http://127.0.0.1:{server.port}{endpoint.path}",
            *("--", endpoint.method, endpoint.body, str(rows)),
        ],
        text=True,
    )
    used = server.cpu_seconds() - before
    result = json.loads(output.rpartition("RESULT")[2])
    if result["failed"]:
        raise SystemExit(f"{server.name} failed {result['failed']} times at {endpoint.title}")
    return Slice(
        requests_per_second=result["requests"] / result["seconds"],
        cpu=used / max(result["requests"], 1),
        p50=result["p50"],
        p99=result["p99"],
    )


def require_wrk() -> None:
    """Raise SystemExit when wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: run `apt-get install wrk`")
