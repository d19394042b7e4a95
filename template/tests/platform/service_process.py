"""The service as a process of its own, with variables of the test."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

Line = dict[str, Any]


@asynccontextmanager
async def service(
    port: int,
    variables: dict[str, str],
    *,
    log: list[Line] | None = None,
    module: str = "tests.platform.app_with_gizmos",
) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service and yield a client of it; stop it after the block.

    Args:
        port: the port for its requests.
        variables: its variables, besides those of the tests.
        log: gets the lines of its log when it has stopped.
        module: the module that is run.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        env={**os.environ, "PORT": str(port), "ENVIRONMENT": "staging", **variables},
        stdout=PIPE,
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            async with asyncio.timeout(60):
                while not await _is_ready(client):  # noqa: ASYNC110, it has no event for it
                    await asyncio.sleep(0.05)
            yield client
    finally:
        process.terminate()
        output, _ = await asyncio.wait_for(process.communicate(), timeout=60)
        if log is not None:
            log += map(json.loads, output.decode().splitlines())


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health/ready")).is_success
    except httpx.TransportError:
        return False
