import asyncio
import logging
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import httpx2
import pytest
from fastapi import Request, Response
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from sqlalchemy import delete
from structlog.testing import capture_logs

from app.core.database import engine, session_scope
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.background import running
from tests.platform.recipes.fake_service import FakeService, rate, status
from tests.platform.recipes.payment_amounts import router
from tests.platform.recipes.payments import PAYMENTS, Payment
from tests.platform.recipes.rate_routes import get_rate, get_rates
from tests.platform.recipes.rates import Rates
from tests.platform.recipes.service_client import ServiceClient


@pytest.fixture
def fake() -> FakeService:
    return FakeService()


@pytest.fixture
async def rates(fake: FakeService) -> AsyncIterator[Rates]:
    """The rates, as the fake answers them."""
    transport = httpx2.ASGITransport(fake.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://rates") as http:
        yield Rates(ServiceClient(http, "rate"))


@pytest.fixture
async def client(rates: Rates) -> AsyncIterator[httpx.AsyncClient]:
    """The app with the routes of rates; they call the fake."""
    app = app_with(router)
    app.dependency_overrides[get_rates] = lambda: rates
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def path() -> AsyncIterator[str]:
    """The path of a committed payment in dollars."""
    async with session_scope() as session:
        session.add(payment := Payment(reference="1", amount=Decimal("10.00")))
    yield f"{PAYMENTS}/{payment.id}/amounts/USD"
    async with session_scope() as session:
        await session.execute(delete(Payment))


async def test_the_answer_of_the_service_is_used(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json()) == (200, "11.00")


async def test_a_route_without_the_database_returns_the_rate(rates: Rates) -> None:
    assert (await get_rate("USD", rates, {})).rate == Decimal("1.10")


@pytest.mark.parametrize(("answer", "expected"), [(403, 502), (404, 404)])
async def test_an_error_of_the_service_is_a_problem(
    client: httpx.AsyncClient, fake: FakeService, path: str, answer: int, expected: int
) -> None:
    fake.answers = [status(answer)]
    response = await client.get(path)
    assert response.status_code == expected
    assert response.headers["content-type"] == "application/problem+json"
    assert "no JSON" not in response.text


async def test_no_connection_is_held_while_the_service_is_slow(
    client: httpx.AsyncClient, fake: FakeService, path: str
) -> None:
    async def observe(request: Request) -> Response:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        return await rate(request)

    held: list[int] = []
    fake.answers = [observe]
    assert (await client.get(path)).status_code == 200
    assert held == [0]


async def test_the_ids_of_the_request_are_passed_on(
    client: httpx.AsyncClient, fake: FakeService, path: str
) -> None:
    ids = {"x-request-id": "a.b-c", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    await client.get(path, headers=ids)
    assert ids.items() <= dict(fake.requests[0].headers).items()


async def test_the_span_of_the_request_is_passed_on(
    client: httpx.AsyncClient, fake: FakeService, path: str
) -> None:
    span = SpanContext(3, 4, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    with use_span(NonRecordingSpan(span)):
        await client.get(path, headers={"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"})
    assert fake.requests[0].headers["traceparent"] == f"00-{3:032x}-{4:016x}-01"


async def test_the_loop_survives_a_failure(rates: Rates, fake: FakeService) -> None:
    fake.answers = [status(403), rate]
    async with running(rates.refresh(0)):
        async with asyncio.timeout(10):
            while rates.dollar is None:  # noqa: ASYNC110
                await asyncio.sleep(0)
    assert len(fake.requests) >= 2


async def test_urls_are_not_logged(rates: Rates, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), capture_logs() as lines:
        await rates.get("USD")
    assert "/rates/" not in f"{caplog.text}{lines}"
