"""Checks of replicas: health, lag and metrics."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Executable
from structlog.testing import capture_logs

from app.core import replica as replica_module
from app.core import replica_checks
from app.core.config import get_settings
from app.core.engine.server_state import POSITION
from app.core.process import lifespan
from app.core.replica_checks import Probe, check, checked, measure_replicas, note_position
from app.core.replica_positions import Position, Positions
from app.core.replicas import Replica
from app.main import app
from tests.platform.network.proxy import Proxy, running
from tests.platform.network.replicas import noted, replica_of, replicas_of, settings_of
from tests.platform.telemetry_sdk import Metrics, sdk_enabled


class Answers(Probe):
    """A server with a given answer."""

    def __init__(self, *answers: object) -> None:
        self.answers: tuple[object, ...] = answers
        self.closed = 0

    async def ask(self, statement: Executable) -> Sequence[Any]:
        return self.answers

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with running() as proxy:
        yield proxy


@pytest.fixture
async def replica(proxy: Proxy) -> AsyncIterator[Replica]:
    replica = replica_of(proxy)
    replica.leave("not checked yet")
    yield replica
    await replica.engine.dispose()


@pytest.mark.parametrize(
    ("answers", "is_used", "lag", "reason"),
    [
        ((True, True, True), True, 0, None),
        ((True, False, False), True, 9, None),
        ((False, False, False), False, None, "more than 10 s behind"),
        ((None, None, None), True, None, None),
    ],
)
async def test_a_replica_that_is_too_far_behind_is_not_used(
    replica: Replica,
    answers: tuple[object, ...],
    is_used: bool,
    lag: float | None,
    reason: str | None,
) -> None:
    replica.use(5)
    positions = noted((0, "a"), (5, "b"), (9, "c"))
    with capture_logs() as lines:
        await check(replica, Answers(*answers), positions)
    assert (replica.is_used, replica.lag) == (is_used, lag)
    assert [reason for line in lines if reason and reason in line["reason"]] == [reason] * bool(
        reason
    )
    positions.note(Position(12, "d"))
    await check(replica, Answers(True, False, False, False), positions)
    assert (replica.is_used, replica.lag) == (False, 12)
    with capture_logs() as lines:
        await check(replica, Answers(True, True, True, True), positions)
    assert [(line["event"], line["lag"]) for line in lines] == [("replica_used", 0)]


async def test_a_replica_that_cannot_tell_its_position_is_used(replica: Replica) -> None:
    probe = Probe(replica.settings)
    await check(replica, probe, noted())
    assert (replica.is_used, replica.lag) == (True, None)
    replica.leave("a test")
    await check(replica, probe, noted((0, "no position")))
    assert (replica.is_used, replica.lag) == (True, None)
    await probe.close()


async def test_a_silent_replica_is_left_and_used_again(
    replica: Replica, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_checks, "TIMEOUT", 0.5)
    probe, positions = Probe(replica.settings), noted()
    await check(replica, probe, positions)
    for _ in range(2):
        proxy.silence()
        with capture_logs() as lines:
            await check(replica, probe, positions)
        assert not replica.is_used
        assert [line["reason"] for line in lines] in ([], ["it gave no answer in time"])
        proxy.resume()
    await check(replica, probe, positions)
    assert replica.is_used
    await proxy.stop()
    await check(replica, probe, positions)
    assert not replica.is_used
    await proxy.start()
    await probe.close()


async def test_a_position_of_the_primary_is_noted() -> None:
    primary, positions = Probe(get_settings()), noted()
    (position,) = await primary.ask(POSITION)
    await note_position(primary, positions)
    assert [one.text for one in positions.all()] == [position]
    await primary.close()


async def test_a_server_that_is_not_the_primary_has_no_position() -> None:
    probe, positions = Answers(None), noted()
    await note_position(probe, positions)
    assert (positions.all(), probe.closed) == ([], 1)
    probe.answers = ("",)  # it keeps no positions
    await note_position(probe, positions)
    assert (positions.all(), probe.closed) == ([], 1)


async def test_replicas_are_checked_as_long_as_the_service_runs(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(proxy)
    replicas = replicas_of(settings)
    monkeypatch.setattr(replica_checks, "INTERVAL", 0.01)
    monkeypatch.setattr(replica_module, "get_settings", lambda: settings)
    monkeypatch.setattr(replica_module, "replicas", replicas)
    monkeypatch.setattr(lifespan, "replica_engines", [replicas[0].engine])
    (replica,) = replicas

    async def until(is_used: bool) -> None:
        async with asyncio.timeout(10):
            while replica.is_used != is_used:  # noqa: ASYNC110, there is no event for it
                await asyncio.sleep(0.01)

    async with asyncio.timeout(30), app.router.lifespan_context(app):
        await until(True)
        await proxy.stop()
        await until(False)
        await proxy.start()
        await until(True)
        before = proxy.round_trips
        await asyncio.sleep(0.1)
        assert proxy.round_trips > before
    assert not replica.is_used
    after = proxy.round_trips
    await asyncio.sleep(0.1)
    assert proxy.round_trips == after


async def test_the_checks_end_although_a_driver_loses_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = asyncio.Event()

    async def lose(primary: Probe, positions: Positions) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if lost.is_set():
                raise
            lost.set()

    monkeypatch.setattr(replica_checks, "INTERVAL", 0.01)
    monkeypatch.setattr(replica_checks, "note_position", lose)
    tasks = asyncio.all_tasks()
    async with asyncio.timeout(10):
        async with checked([], get_settings()):
            await asyncio.sleep(0.01)
    assert lost.is_set()
    assert asyncio.all_tasks() <= tasks


async def test_the_state_of_a_replica_is_a_metric(replica: Replica) -> None:
    with sdk_enabled():
        metrics = Metrics()
    measure_replicas([replica], metrics.meter)
    assert metrics.values() == {"database.replica.used": 0}
    replica.use(1.5)
    assert metrics.values() == {"database.replica.used": 1, "database.replica.lag": 1.5}
