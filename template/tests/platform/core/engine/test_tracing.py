import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    use_span,
)
from sqlalchemy import insert, literal, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from app.core.config import get_settings
from app.core.database import build_reader
from app.core.engine import tracing
from app.core.engine.tracing import MAX_TEXT_LENGTH, database_attributes, traced_database
from tests.platform.database_server import SLOW
from tests.platform.gizmo import Gizmo
from tests.platform.telemetry_sdk import Spans

EngineFactory = Callable[..., AsyncEngine]

pytestmark = pytest.mark.usefixtures("committed_gizmos")
GIZMO = {"id": 1, "name": "a secret"}


@pytest.fixture
async def engine(make_engine: EngineFactory, spans: Spans) -> AsyncIterator[AsyncEngine]:
    """A traced engine with one connection, which is open."""
    engine = make_engine(database_max_overflow=0)
    async with engine.connect():
        pass
    with traced_database(engine, spans.tracer):
        yield engine


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def statements(spans: Spans) -> list[ReadableSpan]:
    return [span for span in spans.finished() if "db.query.text" in attributes(span)]


async def test_a_reader_a_session_and_a_transaction_have_spans_of_statements(
    engine: AsyncEngine, spans: Spans
) -> None:
    reader = build_reader(engine, get_settings())
    sessions = async_sessionmaker(engine)
    with spans.tracer.start_as_current_span("request") as request:
        await reader.rows(select(Gizmo.id).where(Gizmo.name == "a secret"))
        async with sessions.begin() as session:
            session.add(Gizmo(name="a secret"))
        async with sessions() as session:
            await session.execute(select(Gizmo.id, literal("a secret")))
    sent = statements(spans)
    names = [span.name for span in sent if span.name != "BEGIN"]
    assert names == ["SELECT gizmo", "INSERT gizmo", "SELECT gizmo"]
    assert "COMMIT" in spans.names()
    for span in [*sent, *(span for span in spans.finished() if span.name == "COMMIT")]:
        assert span.kind is SpanKind.CLIENT
        assert span.parent is not None
        assert span.parent.span_id == request.get_span_context().span_id
        assert database_attributes(engine.url).items() <= attributes(span).items()
        assert "secret" not in span.to_json()


async def test_many_rows_are_one_span_with_their_number(engine: AsyncEngine, spans: Spans) -> None:
    with spans.tracer.start_as_current_span("request"):
        async with engine.begin() as connection:
            await connection.execute(
                text("UPDATE gizmo SET name = :new WHERE name = :old"),
                [{"old": "a", "new": "b"}, {"old": "c", "new": "d"}],
            )
            await connection.execute(insert(Gizmo), [{"name": f"row {n}"} for n in range(500)])
            await connection.exec_driver_sql(
                "SELECT name FROM gizmo", execution_options={"no_parameters": True}
            )
    update, *_, inserted, last = [span for span in statements(spans) if span.name != "BEGIN"]
    assert attributes(update)["db.operation.batch.size"] == 2
    assert inserted.name == "INSERT gizmo"
    assert len(str(attributes(inserted)["db.query.text"])) <= MAX_TEXT_LENGTH
    assert last.name == "SELECT"


async def test_an_error_has_its_type_and_code_and_no_value(
    engine: AsyncEngine, spans: Spans
) -> None:
    with spans.tracer.start_as_current_span("request"):
        async with engine.connect() as connection:
            await connection.execute(insert(Gizmo), GIZMO)
            with pytest.raises(IntegrityError):
                await connection.execute(insert(Gizmo), GIZMO)
    failed = statements(spans)[-1]
    assert failed.status.status_code is StatusCode.ERROR
    error = str(attributes(failed)["error.type"])
    assert error.endswith(("IntegrityError", "UniqueViolationError"))
    assert "ROLLBACK" in spans.names()
    assert "secret" not in failed.to_json()


async def test_a_cancelled_statement_has_a_span(engine: AsyncEngine, spans: Spans) -> None:
    async def ask() -> None:
        async with engine.connect() as connection:
            await connection.execute(text(SLOW))

    with spans.tracer.start_as_current_span("request"):
        task = asyncio.create_task(ask())
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
    assert str(attributes(statements(spans)[-1])["error.type"]).endswith("CancelledError")


async def test_a_wait_for_a_connection_has_a_span(engine: AsyncEngine, spans: Spans) -> None:
    async def ask() -> None:
        with spans.tracer.start_as_current_span("request"):
            async with engine.connect():
                pass

    async def ask_without_a_trace() -> None:
        async with engine.connect():
            pass

    async with engine.connect():
        waiting = [asyncio.create_task(ask()), asyncio.create_task(ask_without_a_trace())]
        await asyncio.sleep(0.05)
    await asyncio.gather(*waiting)
    request, wait = spans.finished()[:2]
    assert wait.name == "wait for a connection"
    assert wait.parent is not None
    assert request.context is not None
    assert wait.parent.span_id == request.context.span_id
    assert (wait.end_time or 0) - (wait.start_time or 0) > 0.04e9


async def test_there_is_no_span_outside_of_a_trace_or_when_it_is_not_sampled(
    engine: AsyncEngine, spans: Spans
) -> None:
    not_sampled = NonRecordingSpan(SpanContext(1, 1, is_remote=True))
    for parent in (None, not_sampled):
        with use_span(parent or NonRecordingSpan(SpanContext(0, 0, is_remote=False))):
            async with engine.begin() as connection:
                await connection.execute(text("SELECT 1"))
                await connection.execute(
                    text("UPDATE gizmo SET name = :name"), [{"name": "a"}, {"name": "b"}]
                )
    assert spans.finished() == []
    sampled = SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    with use_span(NonRecordingSpan(sampled)):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    assert "SELECT" in spans.names()


async def test_nothing_is_left_after_the_block(make_engine: EngineFactory, spans: Spans) -> None:
    engine = make_engine()
    dialect, before = engine.dialect, set(vars(engine.dialect))
    with traced_database(engine, spans.tracer):
        assert "do_commit" in vars(dialect)
    assert set(vars(dialect)) - before <= {"dispatch", "_has_events"}
    assert not list(dialect.dispatch.do_execute)
    with spans.tracer.start_as_current_span("request"):
        async with engine.begin() as connection:
            await connection.execute(text("SELECT 1"))
    assert spans.names() == ["request"]


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        ("/* page */ SELECT name\nFROM gizmo", "SELECT gizmo"),
        ("-- page\n(select 1)", "SELECT"),
        (" ", "STATEMENT"),
    ],
)
def test_the_summary_begins_with_the_operation(statement: str, summary: str) -> None:
    assert tracing._summary(statement) == summary


def test_an_error_of_python_has_its_plain_name() -> None:
    assert tracing._error_attributes(ConnectionError("secret")) == {"error.type": "ConnectionError"}
