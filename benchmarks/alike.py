"""Keeps the baselines honest: the same request gets the same status and JSON from each server."""

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
# Each server gives a new row a key and a time of its own.
OWN = ("id", "created_at", "updated_at")


def check_alike(servers: Sequence[Server]) -> None:
    """Raise a SystemExit that names the first request which two servers answer differently."""
    for request in REQUESTS:
        expected = _answer(servers[0], request)
        for server in servers[1:]:
            if (found := _answer(server, request)) != expected:
                raise SystemExit(
                    f"{request[:2]}: {servers[0].name} answers {expected}, {server.name} {found}"
                )


def _answer(server: Server, request: tuple[str, str, str | None]) -> tuple[int, Any]:
    status, content = server.request(*request)
    if request[0] == "POST":
        content = {name: "" if name in OWN else value for name, value in content.items()}
    return status, content
