import subprocess
import sys
from pathlib import Path

import pytest

from app.core.engine.settings import DatabaseSettings
from scripts.features import questions, revision

PROJECT = Path(__file__).parents[3]


def test_questions_are_asked_again_after_a_wrong_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["orders", "status", "order"]
    answers = [*names, "size:number", "size:int", "size:text", "", "text", ""]
    monkeypatch.setattr("builtins.input", lambda _: answers.pop(0))
    assert questions.ask(tmp_path, "int") == ("order", ["size:int"], "int")
    printed = capsys.readouterr().out
    assert answers == []
    for words in (
        "orders is a plural",
        "status is reserved",
        "number in 'size:number' is no type",
        "size is there twice",
    ):
        assert words in printed


def test_without_a_terminal_nothing_is_asked() -> None:
    command = [sys.executable, "-m", "scripts.feature"]
    result = subprocess.run(
        command, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "name the feature, such as" in result.stderr


@pytest.mark.parametrize("is_configured", [True, False])
def test_only_the_local_database_is_migrated(
    is_configured: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    messages: list[str] = []

    def note(message: str) -> int:
        messages.append(message)
        return 3

    monkeypatch.setattr(revision, "_create", note)
    if not is_configured:
        monkeypatch.setattr(DatabaseSettings, "configured_url", None)
    code = revision.finish("add order", with_revision=True)
    assert (code, messages) == ((0, []) if is_configured else (3, ["add order"]))
    assert 'uv run poe revision -m "add order"' in capsys.readouterr().out
