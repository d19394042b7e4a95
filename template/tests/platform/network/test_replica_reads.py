"""Reads from replicas that work, fail, are silent or are busy."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, func, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from structlog.testing import capture_logs

from app.core import replica as replica_module
from app.core.config import get_settings
from app.core.database import CurrentSessionTransaction
from app.core.database import reader as primary_reader
from app.core.engine.reader import Reader
from app.core.errors import DatabaseUnavailableError
from app.core.http import health
from app.core.replica import CurrentReplicaReader, ReplicaReader
from app.core.replicas import Replica, Turns
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.network.proxy import Proxy, running
from tests.platform.network.replicas import CountedReader, replica_of

ONE = select(literal(1))
MISSING = select(func.nothing_here(literal(1)))


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with running() as proxy:
        yield proxy


@pytest.fixture
async def replica(proxy: Proxy) -> AsyncIterator[Replica]:
    replica = replica_of(proxy, database_pool_size=1, database_max_overflow=0)
    yield replica
    proxy.resume()
    await replica.engine.dispose()


@pytest.fixture
async def other() -> AsyncIterator[Replica]:
    async with running() as proxy:
        replica = replica_of(proxy)
        yield replica
        await replica.engine.dispose()


@pytest.fixture
def primary() -> CountedReader:
    return CountedReader()


def reader_of(primary: Reader, *replicas: Replica, timeout: float = 30) -> Reader:
    return ReplicaReader(primary, Turns(replicas), statement_timeout=timeout)


async def test_reads_are_spread_over_the_replicas(
    primary: CountedReader, replica: Replica, other: Replica
) -> None:
    turns = Turns([replica, other])
    firsts = [turns.next()[0] for _ in range(6)]
    assert firsts.count(replica) == firsts.count(other) == 3
    assert await reader_of(primary, replica, other).rows(ONE) == [(1,)]
    assert primary.statements == 0


async def test_a_busy_replica_is_the_last_one(
    primary: CountedReader, replica: Replica, other: Replica, proxy: Proxy
) -> None:
    await reader_of(primary, replica).rows(ONE)
    proxy.silence()
    waiting = asyncio.create_task(reader_of(primary, replica).rows(ONE))
    await asyncio.sleep(0.05)
    turns = Turns([replica, other])
    assert [turns.next()[0] for _ in range(4)] == [other] * 4
    proxy.resume()
    assert await waiting == [(1,)]
    assert turns.next()[0] is replica


async def test_a_stopped_replica_is_left_and_the_statement_repeated(
    primary: CountedReader, replica: Replica, other: Replica, proxy: Proxy
) -> None:
    await reader_of(primary, replica).rows(ONE)
    await proxy.stop()
    with capture_logs() as lines:
        assert await reader_of(primary, replica, other).rows(ONE) == [(1,)]
    assert [line["event"] for line in lines] == ["replica_left"]
    assert (replica.is_used, other.is_used, primary.statements) == (False, True, 0)
    for _ in range(2):  # the second time it is a new connection that fails
        replica.use(None)
        assert await reader_of(primary, replica).rows(ONE) == [(1,)]
    assert primary.statements == 2
    await proxy.start()


async def test_a_replica_that_does_not_answer_a_connect_is_left(
    primary: CountedReader, proxy: Proxy
) -> None:
    silent = replica_of(proxy, database_connect_timeout=0.1)
    proxy.silence()
    assert await reader_of(primary, silent).rows(ONE) == [(1,)]
    assert (primary.statements, silent.is_used) == (1, False)
    proxy.resume()
    await silent.engine.dispose()


async def test_reads_that_run_on_a_replica_are_repeated_when_it_is_left(
    primary: CountedReader, replica: Replica, proxy: Proxy
) -> None:
    await reader_of(primary, replica).rows(ONE)
    proxy.silence()
    # One waits for the answer, the other one for the only connection.
    reads = [asyncio.create_task(reader_of(primary, replica).rows(ONE)) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert replica.running == 2
    replica.leave("a test")
    replica.use(None)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*reads) == [[(1,)]] * 2
    assert (primary.statements, replica.running, replica.is_used) == (2, 0, True)


async def test_a_statement_that_only_the_replica_refuses_is_left_to_the_primary(
    replica: Replica, other: Replica
) -> None:
    primary = CountedReader(ONE)
    assert await reader_of(primary, replica, other).rows(MISSING) == [(1,)]
    assert (primary.statements, replica.is_used, other.is_used) == (1, True, True)
    with pytest.raises(DBAPIError):
        await reader_of(CountedReader(), replica).rows(MISSING)


async def test_a_slow_statement_is_not_repeated(primary: CountedReader, replica: Replica) -> None:
    with pytest.raises(DBAPIError):
        await reader_of(primary, replica, timeout=0).rows(MISSING)
    assert (primary.statements, replica.is_used) == (0, True)


async def test_an_exhausted_pool_of_a_replica_is_no_failure(
    primary: CountedReader, proxy: Proxy
) -> None:
    full = replica_of(
        proxy, database_pool_size=1, database_max_overflow=0, database_pool_timeout=0.05
    )
    async with full.engine.connect():
        with pytest.raises(PoolTimeoutError):
            await reader_of(primary, full).rows(ONE)
    assert (primary.statements, full.is_used) == (0, True)
    await full.engine.dispose()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, replica: Replica) -> FastAPI:
    """A route that reads from the replica, in a transaction on the primary or outside of one."""
    monkeypatch.setattr(replica_module, "replicas", [replica])
    monkeypatch.setattr(replica_module, "_turns", Turns([replica]))
    app = app_with()

    @app.get("/read")
    async def read(reader: CurrentReplicaReader) -> int:
        return len(await reader.rows(ONE))

    @app.post("/write")
    async def write(session: CurrentSessionTransaction, reader: CurrentReplicaReader) -> int:
        await session.execute(text("SELECT 1"))
        return len(await reader.rows(ONE))

    return app


async def test_a_request_with_a_transaction_reads_from_a_replica(
    app: FastAPI, replica: Replica
) -> None:
    async with client_of(app) as client:
        assert (await client.post("/write")).status_code == 200
        # The primary would be a second connection of the request: an error in `local`.
        replica.leave("a test")
        assert (await client.post("/write")).status_code == 500
        assert (await client.get("/read")).status_code == 200


async def test_a_service_that_only_reads_is_ready_without_its_primary(
    app: FastAPI, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_connection() -> Connection:
        raise DatabaseUnavailableError

    only_reads = get_settings().model_copy(update={"readiness_check": "read"})
    monkeypatch.setattr(health, "get_settings", lambda: only_reads)
    monkeypatch.setattr(primary_reader, "__dict__", vars(Reader(no_connection)))
    async with client_of(app) as client:
        assert (await client.get("/health/ready")).status_code == 200
        replica.leave("a test")
        assert (await client.get("/health/ready")).status_code == 503
