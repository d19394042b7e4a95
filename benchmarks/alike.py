"""A check that all servers send the same status and JSON for the same request."""

from collections.abc import Sequence
from typing import Any

from benchmarks.load import BODY, PRODUCTS
from benchmarks.server import Server

REQUESTS = [
    ("GET", PRODUCTS + "/1", None),
    ("GET", PRODUCTS + "/7", None),
    ("GET", PRODUCTS + "?limit=3", None),
    ("GET", PRODUCTS + "?limit=100", None),
    ("POST", PRODUCTS, BODY),
]
# The key and the times of a new row differ between servers.
OWN = ("id", "created_at", "updated_at")


def check_alike(servers: Sequence[Server]) -> None:
    """Raise SystemExit with the first request whose responses differ."""
    for request in REQUESTS:
        expected = _response(servers[0], request)
        for server in servers[1:]:
            if (found := _response(server, request)) != expected:
                raise SystemExit(
                    f"{request[:2]}: {servers[0].name} sends {expected}, {server.name} {found}"
                )


def _response(server: Server, request: tuple[str, str, str | None]) -> tuple[int, Any]:
    status, content = server.request(*request)
    if request[0] == "POST":
        content = {name: "" if name in OWN else value for name, value in content.items()}
    return status, content
