"""The service as a separate process, started like `poe serve`."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from tests.platform.gizmo import GIZMOS

pytestmark = pytest.mark.usefixtures("gizmo_table")

Process = asyncio.subprocess.Process
Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(unused_tcp_port: int) -> AsyncIterator[Start]:
    """Start processes of the service on a free port; stop them after the test."""
    processes: list[Process] = []

    async def run(**variables: str) -> Process:
        environment = {**os.environ, "PORT": str(unused_tcp_port), **variables}
        processes.append(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.platform.app_with_gizmos", env=environment
            )
        )
        return processes[-1]

    yield run
    for process in processes:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def client(unused_tcp_port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
        yield client


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                response = await client.get("/health/ready")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                assert response.status_code == 200
                return


async def until_unready(client: httpx.AsyncClient) -> httpx.Response:
    """Send requests until readiness fails; a parent process passes the signal on with a delay."""
    async with asyncio.timeout(30):
        while True:
            response = await client.get("/health/ready")
            if response.status_code == 503:
                return response
            await asyncio.sleep(0.05)


@asynccontextmanager
async def half_a_request(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Send a PATCH request without the last byte of its body `{}`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"PATCH {GIZMOS}/1 HTTP/1.1\r\nHost: x\r\n".encode())
        writer.write(b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.2)
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_sigterm_fails_readiness_and_running_requests_get_the_shutdown_timeout(
    start: Start, client: httpx.AsyncClient, unused_tcp_port: int
) -> None:
    process = await start(SHUTDOWN_DELAY="0.5", SHUTDOWN_TIMEOUT="2", WEB_CONCURRENCY="2")
    await until_ready(client)
    async with (
        half_a_request(unused_tcp_port) as (reader, writer),
        half_a_request(unused_tcp_port) as (unfinished, _),
    ):
        process.send_signal(signal.SIGTERM)
        response = await until_unready(client)
        assert response.json()["detail"] == "The service is shutting down."
        assert (await client.get("/health/live")).status_code == 200

        await asyncio.sleep(1)
        writer.write(b"}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        await asyncio.wait_for(process.wait(), timeout=15)
        assert (await unfinished.readline()).startswith(b"HTTP/1.1 503")


def test_invalid_settings_stop_the_start_with_a_message() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "app"],
        env={**os.environ, "DATABASE_POOL_SIZE": "many", "PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "The settings are not accepted:",
        "PORT: Input should be greater than or equal to 1",
        "DATABASE_POOL_SIZE: Input should be a valid integer, unable to parse string as an integer",
    ]
