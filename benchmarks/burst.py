"""How even are answers when ten times as many clients ask as there are connections?

    uv run benchmarks/burst.py

Renders the default service, serves it on its local PostgreSQL with one worker and a pool of four,
and lets forty clients read products as fast as they are answered. Prints the latency of accepted
answers as ratios to their median, and which statuses there were.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import copier

CONNECTIONS = 4
CLIENTS = 10 * CONNECTIONS
REQUESTS = 8_000
SERVE = "alembic upgrade head && python -m scripts.seed && exec python -m app"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def request(port: int) -> tuple[int, float]:
    """Return the status of one request and its latency in seconds."""
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    path = "/api/v1/products/1"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    return status, time.perf_counter() - started


async def until_ready(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await request(port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return


async def burst(port: int) -> list[tuple[int, float]]:
    await until_ready(port)
    numbers = iter(range(REQUESTS))
    results: list[tuple[int, float]] = []

    async def client() -> None:
        for number in numbers:
            results.append(await request(port))
            if number % 500 == 0:
                print(f"\r{number} of {REQUESTS}", end="", file=sys.stderr)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    print(file=sys.stderr)
    return results[CLIENTS:]


def report(results: list[tuple[int, float]]) -> None:
    accepted = sorted(latency for status, latency in results if status < 300)
    median = accepted[len(accepted) // 2]
    for name, share in (("p90", 0.9), ("p99", 0.99), ("worst", 1.0)):
        latency = accepted[min(len(accepted) - 1, int(len(accepted) * share))]
        print(f"{name:6} {latency / median:5.2f} x the median")
    print("statuses", dict(Counter(status for status, _ in results)))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        template = str(Path(__file__).parent.parent)
        copier.run_copy(template, folder, defaults=True, quiet=True, vcs_ref="HEAD")
        subprocess.run(["uv", "sync", "--quiet"], cwd=folder, check=True)
        port = free_port()
        variables = {
            "DATABASE_POOL_SIZE": str(CONNECTIONS),
            "DATABASE_MAX_OVERFLOW": "0",
            "PORT": str(port),
        }
        service = subprocess.Popen(
            ["uv", "run", "python", "-m", "scripts.local_server", "sh", "-c", SERVE],
            cwd=folder,
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
        )
        try:
            report(asyncio.run(burst(port)))
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait()


if __name__ == "__main__":
    main()
