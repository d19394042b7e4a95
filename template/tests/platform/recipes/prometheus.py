"""The metrics of a process for Prometheus, on a port of their own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from threading import Thread
from wsgiref.simple_server import WSGIServer

from fastapi import APIRouter, FastAPI
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import start_http_server
from pydantic import Field
from pydantic_settings import BaseSettings
from structlog import get_logger

from app.core.config import Settings, get_settings, load_settings

logger = get_logger(__name__)


class PrometheusSettings(BaseSettings):
    model_config = Settings.model_config

    prometheus_port: int | None = Field(default=None, ge=1, le=65535)


def read_metrics(reader: PrometheusMetricReader) -> None:
    """Let `reader` read all metrics of the process; those sent by OTLP are sent as before."""
    provider = metrics.get_meter_provider()
    if isinstance(provider, MeterProvider):
        provider.add_metric_reader(reader)
    else:
        metrics.set_meter_provider(MeterProvider([reader]))


def listen(first_port: int) -> tuple[WSGIServer, Thread]:
    """Serve the metrics of this process on the first free port of as many as there are processes.

    Raises:
        RuntimeError: when none of them is free.
    """
    settings = get_settings()
    for port in range(first_port, first_port + settings.web_concurrency):
        try:
            server = start_http_server(port, settings.host)
        except OSError:
            continue
        logger.info("prometheus_started", port=port)
        return server
    raise RuntimeError(f"PROMETHEUS_PORT: another program uses port {first_port}.")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Serve the metrics while the process runs, if `PROMETHEUS_PORT` is set."""
    port = load_settings(PrometheusSettings).prometheus_port
    if port is None:
        yield
        return
    server, thread = listen(port)
    read_metrics(PrometheusMetricReader())
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


router = APIRouter(lifespan=lifespan)
