"""OpenTelemetry metrics of a connection pool, named by the semantic conventions."""

from collections.abc import Iterable
from typing import cast

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.engine.addresses import addresses
from app.core.engine.pool import FairQueuePool

PREFIX = "db.client.connection"
# Seconds.
WAIT_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def measure_pool(engine: AsyncEngine, meter: Meter) -> None:
    """Add metrics of the pool of `engine` to `meter`.

    They are read when they are exported. Only a request that waits for a connection does more.
    """
    name = {f"{PREFIX}.pool.name": _pool_name(engine.url)}
    used, idle = ({f"{PREFIX}.state": state} | name for state in ("used", "idle"))

    def pool() -> FairQueuePool:
        # `dispose` replaces it.
        return cast(FairQueuePool, engine.pool)

    def count(options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(pool().checkedout(), used)
        yield Observation(pool().idle(), idle)

    def maximum(options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(pool().limit, name)

    def pending(options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(pool().waits.waiting, name)

    def timeouts(options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(pool().waits.timeouts, name)

    gauge = meter.create_observable_up_down_counter
    gauge(f"{PREFIX}.count", [count], "{connection}", "Connections by state.")
    gauge(f"{PREFIX}.max", [maximum], "{connection}", "Most connections that the pool opens.")
    gauge(f"{PREFIX}.pending_requests", [pending], "{request}", "Requests that wait.")
    meter.create_observable_counter(
        f"{PREFIX}.timeouts", [timeouts], "{timeout}", "Waits that took too long."
    )
    wait_time = meter.create_histogram(
        f"{PREFIX}.wait_time",
        "s",
        "Time of the requests that waited.",
        explicit_bucket_boundaries_advisory=WAIT_BUCKETS,
    )
    pool().waits.observers.append(lambda seconds: wait_time.record(seconds, name))


def _pool_name(url: URL) -> str:
    address = ",".join(map(str, addresses(url)))
    return "/".join(part for part in (address, url.database) if part)
