from collections.abc import Callable
from contextlib import suppress

from opentelemetry.trace import StatusCode
from pydantic import SecretStr
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.engine.tracing import database_attributes, traced_database
from app.core.errors import DatabaseUnavailableError
from tests.platform.database_server import UNREACHABLE
from tests.platform.telemetry_sdk import Spans

EngineFactory = Callable[..., AsyncEngine]


async def test_opening_a_connection_has_a_span(make_engine: EngineFactory, spans: Spans) -> None:
    engine = make_engine()
    with (
        traced_database(engine, spans.tracer),
        spans.tracer.start_as_current_span("request"),
    ):
        async with engine.connect():
            pass
    assert spans.names()[:2] == ["request", "CONNECT"]


async def test_a_failed_connect_tells_no_password(make_engine: EngineFactory, spans: Spans) -> None:
    url = make_engine().url.set(**UNREACHABLE).render_as_string(hide_password=False)
    engine = make_engine(database_url=SecretStr(url))
    with (
        traced_database(engine, spans.tracer),
        spans.tracer.start_as_current_span("request"),
        suppress(DBAPIError, DatabaseUnavailableError),
    ):
        await engine.connect()
    failed = spans.finished()[-1]
    assert (failed.name, failed.status.status_code) == ("CONNECT", StatusCode.ERROR)
    assert "error.type" in (failed.attributes or {})
    assert "top-secret" not in failed.to_json().replace(str(engine.url.database), "")


def test_the_attributes_are_those_that_the_url_has() -> None:
    assert database_attributes(URL.create("db")) == {"db.system.name": "db"}
    url = URL.create("db+driver", "user", "secret", "host", 1, "shop")
    assert database_attributes(url) == {
        "db.system.name": "db",
        "db.namespace": "shop",
        "server.address": "host",
        "server.port": 1,
    }
