import subprocess
import sys
from contextlib import nullcontext

import pytest
from alembic.util import CommandError

from app.core.engine.settings import DatabaseSettings
from scripts import local_database
from scripts.features import revision


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseSettings, "configured_url", None)
    monkeypatch.setattr(local_database, "configured", nullcontext)


def test_the_revision_is_made_after_the_database_is_migrated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(revision, "alembic", commands.append)
    assert revision.finish("add order", with_revision=True) == 0
    assert commands == [
        ["upgrade", "head"],
        ["revision", "--autogenerate", "-m", "add order"],
    ]
    assert capsys.readouterr().out.endswith("then run: uv run poe check\n")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SystemExit("there is no server"), "there is no server"),
        (SystemExit(1), ""),
        (KeyboardInterrupt(), "Stopped by Ctrl+C."),
        (CommandError("two heads"), "CommandError: two heads"),
    ],
)
def test_a_failure_is_printed_with_the_command_to_run(
    error: BaseException,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(command: list[str]) -> None:
        raise error

    monkeypatch.setattr(revision, "alembic", fail)
    assert revision.finish("add order", with_revision=True) == 1
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out.splitlines()[-1].endswith('then run: uv run poe revision -m "add order"')


def test_the_command_imports_no_feature_before_its_files_are_written() -> None:
    code = "import app, scripts.feature, sys; print([*sys.modules])"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert "scripts.features.revision" in modules
    assert "app.product" not in modules
