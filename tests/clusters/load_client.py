"""A constant load of writes; it runs in the environment of a service, until its input ends.

Each write is a POST; after a 201 follow a GET and a PATCH of the same row. They begin at a constant
rate, whether earlier ones have been answered or not. The arguments are the number of writes in a
second and the addresses of the processes, which are used in turn. The output has a line of JSON for
each answer.
"""

import asyncio
import json
import sys
import time
from itertools import count, cycle

import httpx

PRODUCTS = "/api/v1/products"
RATE, ADDRESSES = int(sys.argv[1]), sys.argv[2:]
READINESS_PAUSE = 0.25


async def send(
    client: httpx.AsyncClient, method: str, url: str, name: str, body: dict[str, str] | None
) -> httpx.Response | None:
    started = time.monotonic()
    answer: httpx.Response | None = None
    try:
        answer = await client.request(method, url, json=body)
        status = str(answer.status_code)
    except httpx.HTTPError as error:
        status = type(error).__name__
    kind = "READY" if url.endswith("/health/ready") else method
    text = body.get("description", "") if body else ""
    print(json.dumps([kind, status, started, time.monotonic(), url, name, text]))
    return answer


async def write(client: httpx.AsyncClient, address: str, name: str) -> None:
    products = f"{address}{PRODUCTS}"
    made = await send(client, "POST", products, name, {"name": name, "price": "1"})
    if made is None or made.status_code != 201:
        return
    row = f"{products}/{made.json()['id']}"
    await send(client, "GET", row, name, None)
    await send(client, "PATCH", row, name, {"description": f"changed {name}"})


async def ask_readiness(client: httpx.AsyncClient, address: str) -> None:
    while True:
        await send(client, "GET", f"{address}/health/ready", "", None)
        await asyncio.sleep(READINESS_PAUSE)


async def main() -> None:
    limits = httpx.Limits(max_connections=2000, max_keepalive_connections=100)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        probes = [asyncio.create_task(ask_readiness(client, address)) for address in ADDRESSES]
        writes: set[asyncio.Task[None]] = set()
        started = time.monotonic()
        for number, address in zip(count(1), cycle(ADDRESSES), strict=False):
            if end.done():
                break
            task = asyncio.create_task(write(client, address, f"load {started:.6f} {number}"))
            writes.add(task)
            task.add_done_callback(writes.discard)
            await asyncio.sleep(max(0.0, started + number / RATE - time.monotonic()))
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*writes)


if __name__ == "__main__":
    asyncio.run(main())
