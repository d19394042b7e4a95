"""The service as its own process, as `poe serve` starts it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

Process = asyncio.subprocess.Process
Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(unused_tcp_port: int) -> AsyncIterator[Start]:
    """Start the service on a port of its own, and leave none running."""
    processes: list[Process] = []

    async def run(**variables: str) -> Process:
        environment = {**os.environ, "PORT": str(unused_tcp_port), **variables}
        processes.append(
            await asyncio.create_subprocess_exec(sys.executable, "-m", "app", env=environment)
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


@asynccontextmanager
async def half_a_request(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Send a PATCH whose body `{}` lacks its last byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"PATCH /api/v1/products/1 HTTP/1.1\r\nHost: x\r\n")
        writer.write(b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.2)
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_sigterm_turns_it_unready_then_finishes_what_runs(
    start: Start, client: httpx.AsyncClient, unused_tcp_port: int, workers: str
) -> None:
    process = await start(SHUTDOWN_DELAY="1", WEB_CONCURRENCY=workers)
    await until_ready(client)
    async with half_a_request(unused_tcp_port) as (reader, writer):
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        response = await client.get("/health/ready")
        assert response.status_code == 503
        assert response.json()["detail"] == "The process is stopping."
        assert (await client.get("/health/live")).status_code == 200

        await asyncio.sleep(1.5)
        writer.write(b"}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    await asyncio.wait_for(process.wait(), timeout=15)


async def test_a_request_that_does_not_end_is_waited_for_only_so_long(
    start: Start, client: httpx.AsyncClient, unused_tcp_port: int
) -> None:
    process = await start(SHUTDOWN_TIMEOUT="1")
    await until_ready(client)
    async with half_a_request(unused_tcp_port):
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), timeout=15)


def test_bad_settings_stop_the_start_with_a_sentence() -> None:
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
