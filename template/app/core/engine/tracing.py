"""OpenTelemetry spans of what is sent to the database.

Outside of a block with `traced_database`, nothing here runs for a statement.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from time import time_ns
from typing import Any, TypeVar, cast

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.engine.addresses import addresses
from app.core.engine.pool import FairQueuePool

# A bulk insert has far more characters.
MAX_TEXT_LENGTH = 4096
# SQLAlchemy runs these without a cursor.
OPERATIONS = {
    "connect": "CONNECT",
    "do_ping": "PING",
    "do_commit": "COMMIT",
    "do_rollback": "ROLLBACK",
}
# Methods of a driver's connection that tell whether an operation sends something.
QUESTIONS = {
    "COMMIT": "is_in_transaction",
    "PING": "needs_ping",
    "ROLLBACK": "is_in_transaction",
}
# The first word, behind comments.
OPERATION = re.compile(r"(?:/\*.*?\*/|--[^\n]*|[\s(])*(\w*)", re.DOTALL)
# SQLAlchemy begins a line with FROM, unlike the one in `extract(year FROM day)`.
TABLE = re.compile(r'(?:^INSERT INTO|^UPDATE|^DELETE FROM|\nFROM| JOIN) ([\w."`]+)')

ResultT = TypeVar("ResultT")


@contextmanager
def traced_database(engine: AsyncEngine, tracer: Tracer) -> Iterator[None]:
    """Add a span for each statement of `engine` inside the block, and for COMMIT and the like.

    The parent is the current span; without one, or if it is not sampled, there is no span.
    """
    spans, dialect = _Spans(engine, tracer), engine.dialect
    waits = cast(FairQueuePool, engine.pool).waits
    listeners: dict[str, Callable[..., bool]] = {
        "do_execute": spans.execute,
        "do_executemany": spans.execute_many,
        "do_execute_no_params": spans.execute_without_parameters,
    }
    for identifier, listener in listeners.items():
        event.listen(engine.sync_engine, identifier, listener)
    for method, name in OPERATIONS.items():
        # SQLAlchemy has events before these only.
        setattr(dialect, method, partial(spans.operation, name, getattr(dialect, method)))
    waits.observers.append(spans.wait)
    try:
        yield
    finally:
        waits.observers.remove(spans.wait)
        for method in OPERATIONS:
            delattr(dialect, method)
        for identifier, listener in listeners.items():
            event.remove(engine.sync_engine, identifier, listener)


class _Spans:
    def __init__(self, engine: AsyncEngine, tracer: Tracer) -> None:
        self._dialect = engine.dialect
        self._tracer = tracer
        self._attributes = database_attributes(engine.url)
        self._has_several_hosts = len(addresses(engine.url)) > 1

    def execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        """Run a statement; return False if SQLAlchemy has to, because there is no span."""
        return self._execute(statement, 1, self._dialect.do_execute, cursor, parameters, context)

    def execute_many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        call = self._dialect.do_executemany
        return self._execute(statement, len(parameters), call, cursor, parameters, context)

    def execute_without_parameters(self, cursor: Any, statement: str, context: Any) -> bool:
        return self._execute(statement, 1, self._dialect.do_execute_no_params, cursor, context)

    def operation(
        self, name: str, call: Callable[..., ResultT], *arguments: Any, **named: Any
    ) -> ResultT:
        """Run an operation that is no statement."""
        if not _is_sampled() or _sends_nothing(name, arguments):
            return call(*arguments, **named)
        attributes = {"db.operation.name": name} | self._server(*arguments[:1])
        return self._run(name, attributes, partial(call, *arguments, **named))

    def wait(self, seconds: float) -> None:
        """Add the span of a wait for a connection that ends now."""
        if _is_sampled():
            now = time_ns()
            start = now - int(seconds * 1e9)
            self._tracer.start_span("wait for a connection", start_time=start).end(now)

    def _execute(
        self, statement: str, size: int, call: Callable[..., object], cursor: Any, *others: Any
    ) -> bool:
        if not _is_sampled():
            return False
        text = statement[:MAX_TEXT_LENGTH]
        summary = _summary(text)
        attributes: dict[str, AttributeValue] = {
            "db.operation.name": summary.partition(" ")[0],
            "db.query.summary": summary,
            "db.query.text": text,
        }
        if size > 1:
            attributes["db.operation.batch.size"] = size
        attributes |= self._server(others[-1].root_connection.connection)
        self._run(summary, attributes, partial(call, cursor, statement, *others))
        return True

    def _server(self, connection: Any = None) -> dict[str, AttributeValue]:
        """Return the host of an open connection, if the URL has several."""
        has_host = connection is not None and self._has_several_hosts
        address = connection.driver_connection.address if has_host else None
        return {"server.address": address.host, "server.port": address.port} if address else {}

    def _run(
        self, name: str, attributes: dict[str, AttributeValue], call: Callable[[], ResultT]
    ) -> ResultT:
        span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes=self._attributes | attributes
        )
        try:
            return call()
        except BaseException as error:
            span.set_attributes(_error_attributes(error))
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()


def database_attributes(url: URL) -> dict[str, AttributeValue]:
    """Return the database, without user and password, by the semantic conventions."""
    attributes: dict[str, AttributeValue] = {"db.system.name": url.get_backend_name()}
    if url.database:
        attributes["db.namespace"] = url.database
    if url.host:
        attributes["server.address"] = url.host
    if url.port:
        attributes["server.port"] = url.port
    return attributes


def _is_sampled() -> bool:
    # Not `is_recording`: the span of a request ends before its background tasks do.
    return trace.get_current_span().get_span_context().trace_flags.sampled


def _sends_nothing(name: str, arguments: tuple[Any, ...]) -> bool:
    # SQLAlchemy also rolls back when a connection returns to the pool. Some drivers know then that
    # there is no transaction, or that a connection is open.
    if name not in QUESTIONS:
        return False
    question = getattr(arguments[0].driver_connection, QUESTIONS[name], None)
    return question is not None and not question()


@lru_cache(maxsize=1000)
def _summary(statement: str) -> str:
    match = OPERATION.match(statement)
    operation = match[1].upper() if match and match[1] else "STATEMENT"
    return " ".join([operation, *dict.fromkeys(TABLE.findall(statement))])[:255]


def _error_attributes(error: BaseException) -> dict[str, AttributeValue]:
    # Without the message, which can have values.
    first = next(iter(error.args), None)
    is_code = isinstance(first, int) and not isinstance(error, OSError)
    code = getattr(error, "sqlstate", None) or (str(first) if is_code else None)
    kind = type(error.__cause__ or error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    return {"error.type": name} | ({"db.response.status_code": code} if code else {})
