"""A healthy environment, and a function that runs the doctor in it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def doctor(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    unused_tcp_port: int,
) -> Callable[..., Any]:
    """Return a function that returns the exit code and the report, here of a healthy service."""
    from app.core.config import get_settings
    from app.core.doctor.__main__ import main

    url = get_settings().sqlalchemy_url
    if url.host is None and url.database and Path(url.database).is_file():
        url = url.set(database=str(Path(url.database).absolute()))
    for name in os.environ:
        if name.startswith(("DATABASE_", "OTEL_")) and name != "DATABASE_POOLER":
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("PORT", str(unused_tcp_port))
    monkeypatch.chdir(tmp_path)  # has no .env

    def run(*arguments: str) -> Any:
        code = main(["--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    return run
