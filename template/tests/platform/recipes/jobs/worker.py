"""The worker: `python -m app.worker` runs the jobs until SIGTERM or Ctrl-C."""

import asyncio
import signal
from contextlib import suppress

from structlog import get_logger
from structlog.contextvars import bound_contextvars

from app.core.config import get_settings
from app.core.discovery import import_models
from app.core.process.lifespan import dispose_engine
from app.core.process.logging import configure_logging
from app.models.types import utc_now
from tests.platform.recipes.jobs.attempt import Attempt
from tests.platform.recipes.jobs.handlers import handlers
from tests.platform.recipes.jobs.periodic import enqueue_periodic
from tests.platform.recipes.jobs.queue import TIME_LIMIT, claim
from tests.platform.recipes.jobs.receipts import PERIODIC

CONCURRENCY = 10
# Seconds between two claims, while there is nothing to do and while the database is unavailable.
FIRST_PAUSE, LAST_PAUSE = 0.1, 2.0

logger = get_logger(__name__)


async def work(stop: asyncio.Event) -> None:
    """Run jobs until `stop` is set; then wait for the running ones, at most SHUTDOWN_TIMEOUT."""
    stopped = asyncio.create_task(stop.wait())
    running: set[asyncio.Task[None]] = set()
    pause = FIRST_PAUSE
    while not stop.is_set():
        attempts = await next_attempts(CONCURRENCY - len(running))
        running |= {asyncio.create_task(run(attempt)) for attempt in attempts}
        pause = FIRST_PAUSE if attempts else min(2 * pause, LAST_PAUSE)
        timeout = pause if len(running) < CONCURRENCY else None
        await asyncio.wait({stopped, *running}, timeout=timeout, return_when="FIRST_COMPLETED")
        running = {task for task in running if not task.done()}
    if running:
        _, late = await asyncio.wait(running, timeout=get_settings().shutdown_timeout)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def next_attempts(limit: int) -> list[Attempt]:
    """Enqueue what is periodic and claim what is due; nothing while the database is unavailable."""
    try:
        await enqueue_periodic(PERIODIC, utc_now())
        return await claim(limit, handlers)
    except Exception as error:
        logger.warning("jobs_not_claimed", reason=repr(error.__cause__ or error))
        return []


async def run(attempt: Attempt) -> None:
    """Run one job; after an error it runs again later."""
    job = attempt.job
    with bound_contextvars(job=job.name, job_id=job.id, attempt=job.attempts):
        try:
            async with asyncio.timeout(TIME_LIMIT.total_seconds()):
                await handlers[job.name](attempt)
                if not attempt.is_complete:
                    async with attempt.complete():
                        pass
            logger.info("job_done")
        except Exception as error:
            logger.warning("job_failed", exc_info=True)
            # Without the database the job waits for the end of its lease.
            with suppress(Exception):
                if await attempt.fail(error):
                    logger.error("job_dead")


async def main() -> None:
    configure_logging(get_settings())
    import_models()  # a foreign key needs the table of the other feature
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    logger.info("worker_started")
    try:
        await work(stop)
    finally:
        await dispose_engine()
    logger.info("worker_stopped")


if __name__ == "__main__":
    asyncio.run(main())
