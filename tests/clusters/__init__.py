"""Replicated and distributed databases on this machine, a service on them, and its load."""

import os
import shutil
from typing import NoReturn

import pytest

from tests.servers import PATH


def skip(reason: str) -> NoReturn:
    """Skip the test, or fail if `REQUIRE_CLUSTERS=1` asks for every server."""
    if os.environ.get("REQUIRE_CLUSTERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str) -> str:
    """Return the path of an installed program; skip the test where it is not installed."""
    return shutil.which(name, path=PATH) or skip(f"{name} is not installed")
