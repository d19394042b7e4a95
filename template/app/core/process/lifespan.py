"""Start and shutdown of the process."""

import asyncio
import gc
import signal
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from types import FrameType

from fastapi import FastAPI
from structlog import get_logger

from app.core.config import get_settings
from app.core.database import engine
from app.core.engine import driver
from app.core.http.health import readiness
from app.core.process.telemetry import observed
from app.core.replica import replica_engines, replicas_checked
from app.models.base import Base

CLOSE_TIMEOUT = 5.0
REQUEST_ARRIVAL_TIMEOUT = 0.2

logger = get_logger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Prepare the database, serve, and close the pool."""
    settings = get_settings()
    readiness.stopping = False
    fail_readiness_on_sigterm(settings.shutdown_delay)
    try:
        await driver.on_startup(engine, settings, Base.metadata)
        with ExitStack() as stack:
            for one in (engine, *replica_engines):
                stack.enter_context(observed(one))
            async with replicas_checked():
                stack.enter_context(frozen_heap())
                yield
    finally:
        await dispose_engine()


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Collect garbage in the block, without a look at the objects that exist at its start.

    They live as long as the process. A full collection that looks at them, a hundred thousand or
    more, stops all requests for tens of milliseconds.
    """
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        gc.unfreeze()


async def dispose_engine() -> None:
    """Close the connections of each pool; drop them when a database does not confirm in time."""
    engines = (engine, *replica_engines)
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await asyncio.gather(*(one.dispose() for one in engines))
    except TimeoutError:
        logger.warning("pool_close_timed_out", timeout=CLOSE_TIMEOUT)
        for one in engines:
            await one.dispose(close=False)


def fail_readiness_on_sigterm(delay: float) -> None:
    """Make readiness fail at once on SIGTERM, and stop the server `delay` seconds later.

    The server closes its socket as soon as it stops, so a load balancer has to see the failing
    readiness before. A second SIGTERM stops without delay.

    When uvicorn stops, it closes each connection that has sent no request yet, also one that it
    has just accepted. So its sockets are closed before, and the requests of the last connections
    get `REQUEST_ARRIVAL_TIMEOUT` seconds to arrive.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(stop):
        return
    loop = asyncio.get_running_loop()
    server = getattr(stop, "__self__", None)  # the handler is a method of uvicorn's server

    def stop_later(number: int, frame: FrameType | None) -> None:
        readiness.stopping = True
        signal.signal(signal.SIGTERM, stop)
        loop.call_soon_threadsafe(loop.call_later, delay, stop_accepting)

    def stop_accepting() -> None:
        for socket in getattr(server, "servers", ()):
            socket.close()
        # Then uvicorn knows each connection that was accepted.
        loop.call_later(0.01, stop_server)

    def stop_server() -> None:
        state = getattr(server, "server_state", None)
        wait = REQUEST_ARRIVAL_TIMEOUT if state and state.connections else 0
        loop.call_later(wait, stop, signal.SIGTERM, None)

    signal.signal(signal.SIGTERM, stop_later)
