"""Consistency of the data when clients disconnect and the database is disturbed."""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from app.core import database
from app.core.config import get_settings
from app.core.database import CurrentSessionTransaction
from app.main import create_app
from tests.platform.clients import serving
from tests.platform.database_server import disturb
from tests.platform.gizmo import Gizmo

REQUESTS = int(os.environ.get("CHAOS_REQUESTS", "100"))
CLIENTS = 30


async def request(port: int, number: int, leaves_after: float | None) -> int | None:
    """Send a request that inserts two rows; return its status, or None after a disconnect."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            f"POST /pairs/{number} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        if leaves_after is not None:
            await asyncio.sleep(leaves_after)
            return None
        return int((await reader.readline()).split()[1])
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def keep_disturbing(engine: AsyncEngine, until: asyncio.Event) -> None:
    while not until.is_set():
        await disturb(engine)
        await asyncio.sleep(0.02)


@pytest.mark.usefixtures("gizmo_table")
async def test_no_transaction_is_lost_or_partial() -> None:
    app = create_app()

    @app.post("/pairs/{number}", status_code=201)
    async def pair(number: int, session: CurrentSessionTransaction) -> None:
        for _ in range(2):
            session.add(Gizmo(name=str(number)))
            await session.flush()

    statuses: Counter[int | None] = Counter()
    done: list[int] = []
    numbers = iter(range(REQUESTS))

    async def client(port: int) -> None:
        for number in numbers:
            leaves_after = random.uniform(0, 0.02) if random.random() < 0.2 else None
            status = await request(port, number, leaves_after)
            statuses[status] += 1
            if status == 201:
                done.append(number)

    other_engine = database.build_engine(get_settings())
    finished = asyncio.Event()
    with capture_logs(processors=[format_exc_info]) as lines:
        async with serving(app) as port:
            disturbing = asyncio.create_task(keep_disturbing(other_engine, finished))
            await asyncio.gather(*(client(port) for _ in range(CLIENTS)))
            finished.set()
            await disturbing
    await other_engine.dispose()

    unhandled = [line["exception"] for line in lines if line["event"] == "unhandled_error"]
    assert statuses.keys() <= {201, 503, None}, "\n".join(unhandled)
    assert statuses[201] > 0
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    statement = select(Gizmo.name, func.count()).group_by(Gizmo.name)
    async with database.read_session_factory() as session:
        stored = {int(name): number for name, number in await session.execute(statement)}
    assert set(stored.values()) <= {2}
    assert set(done) <= stored.keys()
