"""The machine and the versions of a measurement."""

import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.project import Project

PACKAGES = ("fastapi", "pydantic", "sqlalchemy", "asyncpg", "asyncmy", "uvicorn", "uvloop")
VERSIONS = """
import json, sys
from importlib.metadata import distributions
print(json.dumps({d.name.lower(): d.version for d in distributions()}))
"""


def describe(project: Project) -> str:
    """Return the processor, the system and the versions in one sentence."""
    versions = json.loads(project.run(project.python, "-c", VERSIONS))
    packages = ", ".join(f"{name} {versions[name]}" for name in PACKAGES if name in versions)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()} ({psutil.cpu_count()} cores), "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{packages}, {_wrk()}.\n"
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _wrk() -> str:
    words = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    return " ".join(words.stdout.split()[:2])
