from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from socket import socket
from wsgiref.simple_server import WSGIServer

import pytest
from fastapi import FastAPI
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, generate_latest

from app.core.config import get_settings
from tests.platform.gizmo import GIZMOS
from tests.platform.recipes import prometheus
from tests.platform.recipes.prometheus import lifespan, listen, read_metrics
from tests.platform.service_process import service
from tests.platform.telemetry_sdk import sdk_enabled


@pytest.fixture
def ports(unused_tcp_port_factory: Callable[[], int]) -> tuple[int, int]:
    """Two free ports, one after the other."""
    while True:
        port = unused_tcp_port_factory()
        with suppress(OSError), socket() as probe:
            probe.bind(("127.0.0.1", port + 1))
            return port, port + 1


@pytest.mark.usefixtures("committed_gizmos")
async def test_a_process_has_its_metrics_on_a_port_of_its_own(
    unused_tcp_port: int, ports: tuple[int, int]
) -> None:
    variables = {"OTEL_SDK_DISABLED": "false", "PROMETHEUS_PORT": str(ports[0])}
    module = "tests.platform.recipes.prometheus_service"
    async with service(unused_tcp_port, variables, module=module) as client:
        assert (await client.get(f"{GIZMOS}/1?secret=a")).status_code == 404
        text = (await client.get(f"http://127.0.0.1:{ports[0]}/metrics")).text
    assert 'http_route="' + GIZMOS + '/{key}"' in text
    assert 'db_client_connection_count{db_client_connection_pool_name="' in text
    assert "db_client_connection_pending_requests{" in text
    assert "process_resident_memory_bytes" in text


def test_each_of_several_processes_has_a_port(
    ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    several = get_settings().model_copy(update={"web_concurrency": len(ports)})
    monkeypatch.setattr(prometheus, "get_settings", lambda: several)
    with ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(listening(ports[0]))
            assert server.server_port == port
        with pytest.raises(RuntimeError, match="PROMETHEUS_PORT"):
            listen(ports[0])


@contextmanager
def listening(port: int) -> Iterator[WSGIServer]:
    server, thread = listen(port)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[MeterProvider]:
    """The provider of the process during a test."""
    with sdk_enabled():
        provider = MeterProvider()
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    yield provider
    provider.shutdown()


async def test_the_provider_of_otlp_is_read_too(provider: MeterProvider) -> None:
    registry = CollectorRegistry()
    read_metrics(PrometheusMetricReader(registry=registry))
    provider.get_meter("test").create_counter("sold").add(3)
    assert "sold_total{" in generate_latest(registry).decode()


def test_a_port_in_use_stops_the_start(unused_tcp_port: int) -> None:
    with (
        listening(unused_tcp_port),
        pytest.raises(RuntimeError, match="PROMETHEUS_PORT"),
    ):
        listen(unused_tcp_port)


async def test_without_a_port_nothing_is_served(provider: MeterProvider) -> None:
    async with lifespan(FastAPI()):
        pass
