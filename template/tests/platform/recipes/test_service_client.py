from collections.abc import AsyncIterator
from decimal import Decimal

import httpx2
import pytest

from tests.platform.recipes import service_client
from tests.platform.recipes.fake_service import (
    Answer,
    FakeService,
    rate,
    refused,
    reset,
    slow,
    status,
)
from tests.platform.recipes.rates import Rate
from tests.platform.recipes.service_client import ServiceClient, ServiceError


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    monkeypatch.setattr(service_client, "FIRST_PAUSE", 0.001)
    return FakeService()


@pytest.fixture
async def service(fake: FakeService) -> AsyncIterator[ServiceClient]:
    transport = httpx2.ASGITransport(fake.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://rates") as http:
        yield ServiceClient(http, "rate", deadline=0.2)


@pytest.mark.parametrize(
    ("answers", "expected", "requests"),
    [
        ([status(500), rate], 200, 2),
        ([reset, status(503), rate], 200, 3),
        ([refused, rate], 200, 2),
        ([status(429, retry_after="0"), rate], 200, 2),
        ([status(429, retry_after="60"), rate], 502, 1),
        ([status(500)], 502, 3),
        ([reset], 502, 3),
        ([status(200)], 502, 1),
        ([status(403)], 502, 1),
        ([slow], 504, 1),
    ],
)
async def test_failures_are_retried_or_become_problems(
    service: ServiceClient,
    fake: FakeService,
    answers: list[Answer],
    expected: int,
    requests: int,
) -> None:
    fake.answers = answers
    if expected == 200:
        assert (await service.get("/rates/USD", Rate, {})).rate == Decimal("1.10")
    else:
        with pytest.raises(ServiceError) as error:
            await service.get("/rates/USD", Rate, {})
        assert error.value.status_code == expected
    assert len(fake.requests) == requests


async def test_all_retries_end_at_the_deadline(
    service: ServiceClient, fake: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_client, "ATTEMPTS", 1_000_000)
    fake.answers = [reset]
    with pytest.raises(ServiceError) as error:
        await service.get("/rates/USD", Rate, {})
    assert error.value.status_code == 504
    assert len(fake.requests) > 3


@pytest.mark.parametrize(("answer", "requests"), [(reset, 1), (status(503), 1), (refused, 2)])
async def test_a_post_is_sent_again_only_if_it_did_not_arrive(
    service: ServiceClient, fake: FakeService, answer: Answer, requests: int
) -> None:
    fake.answers = [answer, rate]
    call = service.post("/rates/USD", Rate(currency="USD", rate=Decimal(1)), Rate, {})
    if requests == 1:
        with pytest.raises(ServiceError):
            await call
    else:
        assert (await call).rate == Decimal("1.10")
    assert len(fake.requests) == requests
