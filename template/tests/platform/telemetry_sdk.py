"""OpenTelemetry's SDK in the process of the tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from app.core.engine.pool_metrics import PREFIX

Attributes = dict[str, object]


class Spans:
    """The finished spans of a tracer."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = self.provider.get_tracer("test")

    def finished(self) -> list[ReadableSpan]:
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def names(self) -> list[str]:
        return [span.name for span in self.finished()]


class Metrics:
    """The metrics of a meter."""

    def __init__(self) -> None:
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider(metric_readers=[self._reader])
        self.meter = self.provider.get_meter("test")

    def values(self) -> dict[str, float]:
        """Return the values by name and state, without the prefix; the count of a histogram."""
        return {
            f"{name.removeprefix(f'{PREFIX}.')} {attributes.get(f'{PREFIX}.state', '')}".strip(): (
                point.count if isinstance(point, HistogramDataPoint) else point.value
            )
            for name, attributes, point in self._points()
        }

    def pools(self) -> set[str]:
        """Return the names of the pools."""
        return {str(attributes[f"{PREFIX}.pool.name"]) for _, attributes, _ in self._points()}

    def _points(self) -> Iterator[tuple[str, Attributes, HistogramDataPoint | NumberDataPoint]]:
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data else []:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points:
                        assert isinstance(point, HistogramDataPoint | NumberDataPoint)
                        yield metric.name, dict(point.attributes or {}), point


@contextmanager
def sdk_enabled() -> Iterator[None]:
    """Let the SDK work in the block; elsewhere in the tests it is disabled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OTEL_SDK_DISABLED", raising=False)
        yield
