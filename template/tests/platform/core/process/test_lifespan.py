import asyncio
import gc
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn

from app.core.database import engine
from app.core.http.health import readiness
from app.core.process import lifespan
from app.main import app


async def test_the_pool_is_closed_when_the_app_stops() -> None:
    async with app.router.lifespan_context(app):
        async with engine.connect():
            pass
        pool = engine.pool
    assert engine.pool is not pool


async def test_the_pool_is_closed_when_a_feature_fails() -> None:
    async def fail() -> None:
        async with lifespan.lifespan(app):
            raise LookupError

    pool = engine.pool
    with pytest.raises(LookupError):
        await fail()
    assert engine.pool is not pool


async def test_garbage_is_collected_without_the_objects_of_the_start() -> None:
    gc.disable()
    async with app.router.lifespan_context(app):
        assert gc.isenabled()
        assert gc.get_freeze_count() > 50_000
    assert gc.get_freeze_count() == 0


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """An event that the server's own handler of SIGTERM sets."""
    event = asyncio.Event()
    original = signal.signal(signal.SIGTERM, lambda number, frame: event.set())
    monkeypatch.setattr(readiness, "stopping", False)
    yield event
    signal.signal(signal.SIGTERM, original)


async def test_sigterm_fails_readiness_before_the_server_stops(stopped: asyncio.Event) -> None:
    lifespan.fail_readiness_on_sigterm(0.05)
    signal.raise_signal(signal.SIGTERM)
    assert readiness.stopping
    assert not stopped.is_set()
    await asyncio.wait_for(stopped.wait(), timeout=10)


async def test_a_second_sigterm_stops_at_once(stopped: asyncio.Event) -> None:
    lifespan.fail_readiness_on_sigterm(60)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert stopped.is_set()


async def refused(port: int) -> None:
    """Connect again and again until nothing accepts connections at the port."""
    with suppress(ConnectionRefusedError):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("stopped")
async def test_a_connection_that_was_accepted_before_sigterm_can_send_its_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lifespan, "REQUEST_ARRIVAL_TIMEOUT", 2)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110, the server has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        signal.raise_signal(signal.SIGTERM)
        await refused(port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n")
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.close()


async def test_signal_handlers_are_not_changed_outside_a_server() -> None:
    original = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    lifespan.fail_readiness_on_sigterm(0)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    signal.signal(signal.SIGTERM, original)


async def test_connections_are_dropped_when_closing_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[bool] = []

    class SilentEngine:
        async def dispose(self, close: bool = True) -> None:
            calls.append(close)
            if close:
                await asyncio.Event().wait()

    monkeypatch.setattr(lifespan, "engine", SilentEngine())
    monkeypatch.setattr(lifespan, "CLOSE_TIMEOUT", 0.01)
    await lifespan.dispose_engine()
    assert calls == [True, False]
