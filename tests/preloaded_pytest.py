"""Runs tests of several projects, each in a fork of one process that has imported the packages.

The Python of a project runs this. It reads lines such as `["/path/of/project", "tests/order"]`, and
writes the exit code of pytest for each, which is negative after a signal.
"""

import json
import os
import signal
import sys
from importlib import import_module

import pytest

PACKAGES = "alembic.command fastapi pydantic_settings sqlalchemy.ext.asyncio structlog uvicorn"
OPTIONS = ["-x", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
TIMEOUT = 300  # seconds; a test without its safeguard may wait for ever


def main() -> None:
    for name in PACKAGES.split():
        import_module(name)
    for line in sys.stdin:
        folder, tests = json.loads(line)
        if (child := os.fork()) == 0:
            signal.alarm(TIMEOUT)
            os.chdir(folder)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os._exit(pytest.main([*OPTIONS, tests]))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
