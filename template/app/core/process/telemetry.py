"""OpenTelemetry, switched on by its own variables `OTEL_*`.

FastAPI configures the SDK from them when the process starts, and has the spans and metrics of
requests. The spans of statements, the metrics of the pool and the ids in the log are added here.
"""

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from dotenv import dotenv_values
from fastapi.telemetry import TelemetryConfig
from opentelemetry import metrics, trace
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog import get_logger
from structlog.typing import EventDict, WrappedLogger

from app.core.engine.pool_metrics import measure_pool
from app.core.engine.tracing import traced_database
from app.core.process.logging import log_processor

# Their statements are not traced either, since they have no parent span.
PROBES = ("/health/live", "/health/ready")
ENDPOINTS = [
    f"OTEL_EXPORTER_OTLP_{signal}ENDPOINT" for signal in ("", "TRACES_", "METRICS_", "LOGS_")
]
INSTALL = "OTEL_EXPORTER_OTLP_ENDPOINT needs a package: run uv add 'fastapi[opentelemetry]'."

logger = get_logger(__name__)


def telemetry_config(*, name: str, version: str, environment: str) -> TelemetryConfig:
    """Return the settings of telemetry for FastAPI, and complete the variables for the SDK.

    Args:
        name: the name of the service, if `OTEL_SERVICE_NAME` is not set.
        version: the version of the service.
        environment: the environment, such as "production".
    """
    for variable, value in dotenv_values(".env").items():
        if variable.startswith("OTEL_") and value:
            os.environ.setdefault(variable, value)
    is_installed = find_spec("opentelemetry.sdk") is not None
    if _is_wanted():
        if not is_installed:
            logger.warning("telemetry_not_installed", reason=INSTALL)
        own = {
            "service.name": name,
            "service.version": version,
            "deployment.environment.name": environment,
        }
        _add_resource(",".join(f"{key}={value}" for key, value in own.items()))
    return {
        "auto_configure": is_installed,
        "exclude": _is_probe,
        # The texts of exceptions would be exported; they can have values of rows and requests.
        "logs": False,
        # Three more spans for each request.
        "operation_spans": False,
    }


@contextmanager
def observed(engine: AsyncEngine) -> Iterator[None]:
    """Trace and measure the database of `engine` in the block, if there is a provider for it.

    While traces are recorded, each log line of a trace has its ids.
    """
    measure_pool(engine, metrics.get_meter(__name__))
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        yield
        return
    if hasattr(provider, "add_span_processor"):
        from app.core.process.hidden_queries import HideQueryValues

        provider.add_span_processor(HideQueryValues())
    with traced_database(engine, provider.get_tracer(__name__)), log_processor(add_trace_ids):
        yield


def add_trace_ids(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Add the ids of the current span to a log line."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["trace_id"] = trace.format_trace_id(context.trace_id)
        line["span_id"] = trace.format_span_id(context.span_id)
    return line


def _is_wanted() -> bool:
    is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_disabled and any(map(os.environ.get, ENDPOINTS))


def _add_resource(own: str) -> None:
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    # The last one of a name counts.
    if not given.startswith(own):
        os.environ["OTEL_RESOURCE_ATTRIBUTES"] = f"{own},{given}".rstrip(",")


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    path: str = scope["path"]
    return path.endswith(PROBES)
