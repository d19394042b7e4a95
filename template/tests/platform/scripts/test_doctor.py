"""`poe doctor`: the local database, when none is configured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL

from app.core.config import get_settings
from scripts import doctor, local_database

URL_HERE = get_settings().sqlalchemy_url


@pytest.fixture(autouse=True)
def _no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unused_tcp_port: int) -> None:
    monkeypatch.setenv("PORT", str(unused_tcp_port))
    monkeypatch.setattr("sys.argv", ["doctor"])
    monkeypatch.setenv("DATABASE_URL", URL_HERE.render_as_string(hide_password=False))
    if not URL_HERE.database or not Path(URL_HERE.database).is_file():
        monkeypatch.chdir(tmp_path)  # has no .env


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException | None = None) -> int:
    @contextmanager
    def running() -> Iterator[URL]:
        if error:
            raise error
        yield URL_HERE

    monkeypatch.setattr(local_database, "running", running)
    return doctor.check()


def test_a_configured_database_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, AssertionError("not to be started")) == 0
    assert "local database" not in capsys.readouterr().out


def test_without_a_url_the_local_database_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert run(monkeypatch) == 0
    assert "local database: DATABASE_URL was not set" in capsys.readouterr().out


def test_a_local_database_that_does_not_start_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert run(monkeypatch, SystemExit("It did not start\nlog")) == 1
    assert "local database: It did not start\n" in capsys.readouterr().out


def test_an_invalid_url_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "shop")
    assert run(monkeypatch) == 1
    assert "DATABASE_URL: it must have the form" in capsys.readouterr().out
    assert os.environ["DATABASE_URL"] == "shop"
