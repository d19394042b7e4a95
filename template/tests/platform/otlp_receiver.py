"""A receiver of OTLP over HTTP, as a collector has it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Receiver:
    """The telemetry that was received."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.bodies: dict[str, list[bytes]] = defaultdict(list)

    def traces(self) -> dict[str, list[Span]]:
        """Return the spans by trace id, by the time of their start."""
        traces: dict[str, list[Span]] = defaultdict(list)
        for body in self.bodies["/v1/traces"]:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        traces[span.trace_id.hex()].append(span)
        for spans in traces.values():
            spans.sort(key=lambda span: span.start_time_unix_nano)
        return traces

    def resources(self) -> list[dict[str, str]]:
        """Return the attributes of the processes that sent traces."""
        return [
            strings(resource.resource.attributes)
            for body in self.bodies["/v1/traces"]
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        ]

    def all(self) -> list[bytes]:
        """Return all that was received, as it was sent."""
        return [body for bodies in self.bodies.values() for body in bodies]

    def metrics(self) -> set[str]:
        """Return the names of the metrics."""
        return {
            metric.name
            for body in self.bodies["/v1/metrics"]
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def strings(attributes: Iterable[KeyValue]) -> dict[str, str]:
    """Return attributes as strings."""
    return {
        attribute.key: attribute.value.string_value or str(attribute.value.int_value)
        for attribute in attributes
    }


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive on a free port in the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.bodies[self.path].append(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *values: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
