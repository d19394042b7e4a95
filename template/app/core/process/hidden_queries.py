"""A processor of OpenTelemetry's SDK; import this module only when the SDK is installed."""

import re

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

VALUE = re.compile("=[^&]*")


class HideQueryValues(SpanProcessor):
    """Replaces the values in `url.query`, which the log does not have either."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Change the span of a request."""
        if query := (span.attributes or {}).get("url.query"):
            span.set_attribute("url.query", VALUE.sub("=REDACTED", str(query)))
