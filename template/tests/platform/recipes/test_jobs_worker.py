import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from structlog.testing import capture_logs

from app.core.config import get_settings
from app.core.database import engine, reader, session_scope
from app.core.errors import DatabaseUnavailableError
from tests.platform.recipes.invoices import InvoiceCreate
from tests.platform.recipes.jobs import receipts, worker
from tests.platform.recipes.jobs.attempt import Attempt
from tests.platform.recipes.jobs.backoff import MAX_ATTEMPTS
from tests.platform.recipes.jobs.handlers import handlers
from tests.platform.recipes.jobs.models import Job, Schedule
from tests.platform.recipes.jobs.queue import claim
from tests.platform.recipes.jobs.receipts import Receipt, create_invoice
from tests.platform.recipes.models import Invoice


@pytest.fixture(autouse=True)
async def _job() -> AsyncIterator[None]:
    """One job that is due, for tests that commit for real."""
    async with session_scope() as session:
        values = InvoiceCreate(number="1", customer="Ada", due_date=date(2026, 1, 1))
        await create_invoice(session, values)
    yield
    async with session_scope() as session:
        for table in Receipt, Invoice, Job, Schedule:
            await session.execute(delete(table))


async def work(monkeypatch: pytest.MonkeyPatch, *, seconds: float, error: bool = False) -> None:
    """Run the worker until it sends the mail, which takes this long."""
    stop = asyncio.Event()

    async def send_mail(customer: str, key: str) -> None:
        stop.set()
        await asyncio.sleep(seconds)
        if error:
            raise ConnectionError(f"a secret of {customer}")

    monkeypatch.setattr(receipts, "send_mail", send_mail)
    await worker.work(stop)


async def numbers() -> tuple[int, ...]:
    """Return how many jobs, attempts and receipts there are."""
    jobs = await reader.rows(select(func.count(), func.sum(Job.attempts)).select_from(Job))
    ((receipts,),) = await reader.rows(select(func.count()).select_from(Receipt))
    return (*map(int, jobs[0]), receipts) if jobs[0][0] else (0, 0, receipts)


async def test_a_job_holds_no_connection_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    async def send_mail(customer: str, key: str) -> None:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]

    monkeypatch.setattr(receipts, "send_mail", send_mail)
    (attempt,) = await claim(1, handlers)
    await worker.run(attempt)
    assert held == [0]
    assert await numbers() == (0, 0, 1)


async def test_a_running_job_is_finished_before_the_worker_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await work(monkeypatch, seconds=0.02)
    assert await numbers() == (0, 0, 1)


async def test_a_job_that_outlasts_the_shutdown_timeout_stays_in_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = get_settings().model_copy(update={"shutdown_timeout": 0})
    monkeypatch.setattr(worker, "get_settings", lambda: settings)
    await work(monkeypatch, seconds=60)
    assert await numbers() == (1, 1, 0)


async def test_a_failed_job_is_logged_and_stays_in_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with capture_logs() as lines:
        await work(monkeypatch, seconds=0, error=True)
    assert [line["event"] for line in lines] == ["job_failed"]
    assert await numbers() == (1, 1, 0)


async def test_a_job_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async with session_scope() as session:
        await session.execute(update(Job).values(attempts=MAX_ATTEMPTS - 1))
    (attempt,) = await claim(1, handlers)
    monkeypatch.setattr(receipts, "send_mail", lambda customer, key: asyncio.sleep(60))
    monkeypatch.setattr(worker, "TIME_LIMIT", timedelta(seconds=0.05))
    with capture_logs() as lines:
        await worker.run(attempt)
    assert [line["event"] for line in lines] == ["job_failed", "job_dead"]
    assert await reader.rows(select(Job.error, Job.run_at)) == [("TimeoutError", None)]


async def test_the_effect_and_the_end_of_a_job_are_one_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ((invoice_id,),) = await reader.rows(select(Invoice.id))
    async with session_scope() as session:
        session.add(Receipt(invoice_id=invoice_id))
    with capture_logs():
        await work(monkeypatch, seconds=0)
    assert await numbers() == (1, 1, 1)


async def test_the_worker_imports_all_models_before_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[str] = []

    async def work(stop: asyncio.Event) -> None:
        steps.append("work")

    monkeypatch.setattr(worker, "work", work)
    monkeypatch.setattr(worker, "import_models", lambda: steps.append("import"))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    await worker.main()
    assert steps == ["import", "work"]


async def test_a_worker_outlives_an_outage_of_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outages = [DatabaseUnavailableError, DatabaseUnavailableError]

    async def claim_later(limit: int, names: Collection[str]) -> list[Attempt]:
        if outages:
            raise outages.pop()
        return await claim(limit, names)

    monkeypatch.setattr(worker, "claim", claim_later)
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.01)
    with capture_logs() as lines:
        await work(monkeypatch, seconds=0)
    events = [line["event"] for line in lines]
    assert events == ["jobs_not_claimed", "jobs_not_claimed", "job_done"]
    assert await numbers() == (0, 0, 1)
