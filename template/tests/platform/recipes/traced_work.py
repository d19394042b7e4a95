"""Traces of work outside of requests."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.process.telemetry import observed
from tests.platform.recipes.reminders import remind

tracer = trace.get_tracer(__name__)


async def remind_with_a_trace(send: Callable[[str], Awaitable[None]], day: date) -> None:
    """Send the reminders; all statements of the call are one trace."""
    with tracer.start_as_current_span("remind"):
        await remind(send, day)


@contextmanager
def telemetry(engine: AsyncEngine, exporter: SpanExporter) -> Iterator[None]:
    """Send the traces of a process without the app; send all of them before the block ends."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    try:
        with observed(engine):
            yield
    finally:
        provider.shutdown()
