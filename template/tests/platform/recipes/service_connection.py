"""The connections to another service, and the ids of a request for its calls."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
from fastapi import Request
from opentelemetry import propagate
from structlog.contextvars import get_contextvars

from tests.platform.recipes.service_client import ServiceClient

# Seconds. `read` is the longest pause between two parts of an answer.
TIMEOUT = httpx2.Timeout(connect=1, read=2, write=2, pool=1)
LIMITS = httpx2.Limits(max_connections=20, max_keepalive_connections=20)

# At INFO it logs the URL of each request, with its query.
logging.getLogger("httpx2").setLevel(logging.WARNING)


@asynccontextmanager
async def open_client(name: str, base_url: str, *, token: str) -> AsyncGenerator[ServiceClient]:
    """Open a client; close its connections when the block ends."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        base_url=base_url, headers=headers, timeout=TIMEOUT, limits=LIMITS
    ) as http:
        yield ServiceClient(http, name)


async def trace_headers(request: Request) -> dict[str, str]:
    """Return the headers that connect a call with the logs and traces of this request."""
    names = ("traceparent", "tracestate")
    headers = {name: request.headers[name] for name in names if name in request.headers}
    propagate.inject(headers)  # the span of this request, if there is one
    return headers | {"X-Request-ID": get_contextvars().get("request_id", "")}
