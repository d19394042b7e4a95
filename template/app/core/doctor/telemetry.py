"""Check of the variables of OpenTelemetry."""

import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec

from dotenv import dotenv_values

from app.core.config import Settings
from app.core.doctor.findings import Context, Finding, Level
from app.core.doctor.variables import SIMILARITY
from app.core.process.telemetry import ENDPOINTS

# Modules with the names of the variables, each as a constant.
NAMES = ("opentelemetry.environment_variables", "opentelemetry.sdk.environment_variables")


def check_telemetry(context: Context) -> Iterator[Finding]:
    """Find variables that nothing reads: without packages, without an address, or misspelt."""
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
        yield from _misspelt(names)
        if set(names).isdisjoint(ENDPOINTS):
            text = f"off: {', '.join(names)} without an address"
            yield Finding(Level.WARNING, "telemetry", text, f"Set {ENDPOINTS[0]}.")
        else:
            yield Finding(Level.OK, "telemetry", f"on, with {', '.join(names)}")


def _misspelt(names: Iterable[str]) -> Iterator[Finding]:
    known = {name for module in NAMES for name in vars(import_module(module))}
    for name in names:
        nearest = get_close_matches(name, known, n=1, cutoff=SIMILARITY)
        if nearest and nearest[0] != name:
            text, advice = f"no variable is called {name}", f"Did you mean {nearest[0]}?"
            yield Finding(Level.WARNING, "unknown variable", text, advice)
