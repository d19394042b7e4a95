"""A process of the service with OpenTelemetry's variables, and a receiver of its telemetry."""

import httpx
import pytest

from tests.platform.gizmo import GIZMOS
from tests.platform.otlp_receiver import receiving
from tests.platform.service_process import Line, service

pytestmark = pytest.mark.usefixtures("committed_gizmos")

SECRET = "a-secret-name"
CALLER = ("1" * 32, "2" * 16)
POOL = "db.client.connection"
METRICS = {
    "http.server.request.duration",
    "http.server.active_requests",
    *(f"{POOL}.{name}" for name in ("count", "max", "pending_requests", "timeouts")),
}


async def write_and_read(client: httpx.AsyncClient) -> None:
    """Send a request that writes, and one of a caller with a trace that reads."""
    created = await client.post(GIZMOS, json={"name": SECRET, "price": "1"})
    assert created.status_code == 201
    headers = {"traceparent": f"00-{CALLER[0]}-{CALLER[1]}-01"}
    found = await client.get(GIZMOS, params={"name": SECRET}, headers=headers)
    assert found.is_success


async def test_a_request_is_one_trace_with_its_statements(unused_tcp_port: int) -> None:
    log: list[Line] = []
    with receiving() as receiver:
        variables = {
            "OTEL_SDK_DISABLED": "false",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_RESOURCE_ATTRIBUTES": "team=shop",
        }
        async with service(unused_tcp_port, variables, log=log) as client:
            await write_and_read(client)
    traces = receiver.traces()
    # No trace of a probe or of the start.
    (read,) = (spans for trace_id, spans in traces.items() if trace_id == CALLER[0])
    (write,) = (spans for trace_id, spans in traces.items() if trace_id != CALLER[0])
    assert read[0].parent_span_id.hex() == CALLER[1]
    assert write[0].parent_span_id == b""
    for (request, *sent), names in (
        (write, [f"POST {GIZMOS}", "INSERT gizmo", "COMMIT"]),
        (read, [f"GET {GIZMOS}", "SELECT gizmo"]),
    ):
        assert {span.parent_span_id for span in sent} == {request.span_id}
        assert set(names) <= {span.name for span in (request, *sent)}

    (resource,) = {tuple(sorted(resource.items())) for resource in receiver.resources()}
    assert {"service.name", "service.version", "service.instance.id"} < dict(resource).keys()
    assert dict(resource)["team"] == "shop"
    assert receiver.metrics() >= METRICS
    assert not any(SECRET.encode() in body for body in receiver.all())

    lines = [line for line in log if line["event"] == "request" and line["path"] == GIZMOS]
    assert [line["trace_id"] for line in lines] == [write[0].trace_id.hex(), CALLER[0]]
    assert [line["span_id"] for line in lines] == [write[0].span_id.hex(), read[0].span_id.hex()]
    probes = [line for line in log if "/health" in line.get("path", "")]
    assert not any("trace_id" in line for line in probes)
