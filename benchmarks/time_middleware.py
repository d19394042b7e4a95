"""The processor time of an app's requests with and without the app's middleware, in one process.

python -m benchmarks.time_middleware app.main:app 200 '[["GET", "/api/v1/products/1", ""]]'

Runs in a project's environment and prints a list of pairs, in seconds: without and with. The slices
are short and alternate, and a pair has the lower quartiles, so that other load on the machine has
little effect.
"""

import json
import sys
import time
from importlib import import_module
from statistics import quantiles
from typing import Any

import uvloop

from benchmarks.count_calls import WARM_UP, running, send

REQUESTS = 20


async def times(apps: list[Any], slices: int, request: list[str]) -> list[float]:
    """Return the processor time of one request of each app, in seconds."""
    found: list[list[float]] = [[] for _ in apps]
    for app in apps:
        for _ in range(WARM_UP):
            await send(app, *request)
    for number in range(slices):
        pairs = list(zip(apps, found, strict=True))
        for app, seconds in pairs if number % 2 else reversed(pairs):
            started = time.process_time()
            for _ in range(REQUESTS):
                await send(app, *request)
            seconds.append((time.process_time() - started) / REQUESTS)
    return [quantiles(seconds, n=4)[0] for seconds in found]


async def main(path: str, slices: str, requests: str) -> None:
    module, name = path.split(":")
    app = getattr(import_module(module), name)
    async with running(app):
        own, app.user_middleware = app.user_middleware, []
        bare = app.build_middleware_stack()
        app.user_middleware = own
        apps = [bare, app.build_middleware_stack()]
        found = [await times(apps, int(slices), request) for request in json.loads(requests)]
    print(json.dumps(found))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
