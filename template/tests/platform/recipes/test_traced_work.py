from collections.abc import AsyncIterator
from datetime import date

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import delete

from app.core.database import engine, session_scope
from tests.platform.recipes import traced_work
from tests.platform.recipes.models import Invoice
from tests.platform.recipes.traced_work import remind_with_a_trace, telemetry
from tests.platform.telemetry_sdk import sdk_enabled


@pytest.fixture(autouse=True)
async def _invoice() -> AsyncIterator[None]:
    async with session_scope() as session:
        session.add(Invoice(number="1", customer="Ada", due_date=date(2026, 1, 1)))
    yield
    async with session_scope() as session:
        await session.execute(delete(Invoice))


async def test_the_statements_of_a_call_are_one_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def set_tracer_provider(provider: TracerProvider) -> None:
        monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
        monkeypatch.setattr(traced_work, "tracer", provider.get_tracer("test"))

    async def send(customer: str) -> None:
        sent.append(customer)

    monkeypatch.setattr(trace, "set_tracer_provider", set_tracer_provider)
    sent: list[str] = []
    exporter = InMemorySpanExporter()
    with sdk_enabled(), telemetry(engine, exporter):
        await remind_with_a_trace(send, date(2026, 1, 3))
    assert sent == ["Ada"]
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert {"remind", "SELECT invoice", "UPDATE invoice", "COMMIT"} <= spans.keys()
    parent = spans.pop("remind").context
    assert parent is not None
    assert {span.parent.span_id for span in spans.values() if span.parent} == {parent.span_id}
    assert all(span.parent for span in spans.values())
