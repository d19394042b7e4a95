"""Check of the variables of OpenTelemetry."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

from dotenv import dotenv_values

from app.core.config import Settings
from app.core.doctor.findings import Context, Finding, Level


def check_telemetry(context: Context) -> Iterator[Finding]:
    """Find variables without the packages that read them."""
    variables = dotenv_values(str(Settings.model_config["env_file"])) | os.environ
    names = sorted(name for name in variables if name.startswith("OTEL_") and variables[name])
    if not names or (variables.get("OTEL_SDK_DISABLED") or "").lower() == "true":
        text = "off by OTEL_SDK_DISABLED" if names else "off: no variable OTEL_* is set"
        yield Finding(Level.OK, "telemetry", text)
    elif find_spec("opentelemetry.sdk") is None:
        advice = "Install them: `uv add 'fastapi[opentelemetry]'`."
        text = f"{', '.join(names)}: the packages are missing"
        yield Finding(Level.WARNING, "telemetry", text, advice)
    else:
        yield Finding(Level.OK, "telemetry", f"on, with {', '.join(names)}")
