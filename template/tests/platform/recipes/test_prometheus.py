import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from socket import socket

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, generate_latest

from tests.platform.gizmo import GIZMOS
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
async def test_each_process_has_its_metrics_on_a_port_of_its_own(
    unused_tcp_port: int, ports: tuple[int, int]
) -> None:
    variables = {
        "OTEL_SDK_DISABLED": "false",
        "PROMETHEUS_PORT": str(ports[0]),
        "WEB_CONCURRENCY": "2",
    }
    module = "tests.platform.recipes.prometheus_service"
    async with service(unused_tcp_port, variables, module=module) as client:
        assert (await client.get(f"{GIZMOS}/1?secret=a")).status_code == 404
        async with asyncio.timeout(30), httpx.AsyncClient() as prometheus:
            texts = [await until_served(prometheus, port) for port in ports]
    assert any('http_route="' + GIZMOS + '/{key}"' in text for text in texts)
    for text in texts:
        assert 'db_client_connection_count{db_client_connection_pool_name="' in text
        assert "db_client_connection_pending_requests{" in text
        assert "process_resident_memory_bytes" in text


async def until_served(client: httpx.AsyncClient, port: int) -> str:
    """Return the metrics of a process; it may still start."""
    while True:
        try:
            return (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        except httpx.TransportError:
            await asyncio.sleep(0.1)


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
    server, thread = listen(unused_tcp_port)
    try:
        with pytest.raises(RuntimeError, match="PROMETHEUS_PORT"):
            listen(unused_tcp_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def test_without_a_port_nothing_is_served(provider: MeterProvider) -> None:
    async with lifespan(FastAPI()):
        pass
