import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from opentelemetry import trace
from structlog.testing import capture_logs

from app.core.config import get_settings
from app.core.database import engine
from app.core.process import telemetry
from app.core.process.logging import configure_logging
from app.core.process.telemetry import observed, telemetry_config
from tests.platform.telemetry_sdk import Spans, sdk_enabled

NAMES = {"name": "shop", "version": "1.2", "environment": "staging"}
ATTRIBUTES = "service.name=shop,service.version=1.2,deployment.environment.name=staging"


@pytest.fixture(autouse=True)
def no_variables(tmp_path: Path) -> Iterator[None]:
    """Run a test without variables `OTEL_*` and without a file `.env`; undo its changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        before = dict(os.environ)
        for name in before:
            if name.startswith("OTEL_"):
                del os.environ[name]
        yield
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    """The spans of a provider that is the provider of the process during a test."""
    with sdk_enabled():
        spans = Spans()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: spans.provider)
    return spans


def test_the_service_has_its_name_version_and_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    for _ in range(2):
        telemetry_config(**NAMES)
        assert os.environ["OTEL_RESOURCE_ATTRIBUTES"] == ATTRIBUTES
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")
    telemetry_config(**NAMES)
    assert os.environ["OTEL_RESOURCE_ATTRIBUTES"] == f"{ATTRIBUTES},service.name=other"


def test_the_variables_can_be_in_the_file_env() -> None:
    Path(".env").write_text("OTEL_TRACES_SAMPLER_ARG=0.1\nOTEL_SERVICE_NAME=\nOTHER=1\n", "utf-8")
    telemetry_config(**NAMES)
    assert os.environ["OTEL_TRACES_SAMPLER_ARG"] == "0.1"
    assert not {"OTEL_SERVICE_NAME", "OTHER", "OTEL_RESOURCE_ATTRIBUTES"} & set(os.environ)


@pytest.mark.parametrize(
    ("endpoint", "disabled", "warnings"),
    [("http://127.0.0.1:4318", "false", 1), ("http://127.0.0.1:4318", "true", 0), ("", "false", 0)],
)
def test_a_missing_package_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, disabled: str, warnings: int
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)
    monkeypatch.setenv("OTEL_SDK_DISABLED", disabled)
    monkeypatch.setattr(telemetry, "find_spec", lambda name: None)
    with capture_logs() as lines:
        config = telemetry_config(**NAMES)
    assert config["auto_configure"] is False
    assert len(lines) == warnings
    assert all("uv add 'fastapi[opentelemetry]'" in line["reason"] for line in lines)


def test_probes_and_texts_of_errors_are_not_exported() -> None:
    config = telemetry_config(**NAMES)
    assert config["logs"] is False
    is_excluded = config["exclude"]
    assert is_excluded is not None
    assert is_excluded({"path": "/root/health/ready"})
    assert is_excluded({"path": "/health/live"})
    assert not is_excluded({"path": "/api/v1/products"})


def test_log_lines_of_a_trace_have_its_ids(monkeypatch: pytest.MonkeyPatch, spans: Spans) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    configure_logging(get_settings().model_copy(update={"environment": "production"}))
    logger = structlog.get_logger()
    logger.info("before")
    with observed(engine):
        logger.info("without a trace")
        with spans.tracer.start_as_current_span("request") as span:
            logger.info("own", trace="on")
            logging.getLogger("library").warning("other")
    logger.info("after")
    monkeypatch.undo()
    configure_logging(get_settings())
    lines = {line["event"]: line for line in map(json.loads, output.getvalue().splitlines())}
    context = span.get_span_context()
    ids = {
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
    }
    for event in ("own", "other"):
        assert ids.items() <= lines.pop(event).items()
    assert not any("trace_id" in line for line in lines.values())


def test_without_a_provider_nothing_is_added() -> None:
    processors = list(structlog.get_config()["processors"])
    before = set(vars(engine.dialect))
    with observed(engine):
        assert structlog.get_config()["processors"] == processors
        assert set(vars(engine.dialect)) == before


def test_a_span_has_no_values_of_the_query(spans: Spans) -> None:
    with observed(engine):
        for query in ("name=secret&email=a%40b&flag", ""):
            spans.tracer.start_span("GET", attributes={"url.query": query}).end()
    first, second = spans.finished()
    assert first.attributes == {"url.query": "name=REDACTED&email=REDACTED&flag"}
    assert second.attributes == {"url.query": ""}


def test_a_provider_without_processors_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "get_tracer_provider", trace.NoOpTracerProvider)
    with observed(engine):
        assert "do_commit" in vars(engine.dialect)
