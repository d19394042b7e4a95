import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import feature

COLUMNS = ["title:str(120)", "note:text?"]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write features into a folder of the test, and create no revision."""
    monkeypatch.setattr(feature, "PROJECT", tmp_path)
    monkeypatch.setattr(feature, "finish", _finish)


def _finish(message: str, *, with_revision: bool) -> int:
    print(f"{message}: {with_revision}")
    return 0


def test_a_dry_run_prints_the_files_and_writes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feature.write("customer", project=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.py")}
    monkeypatch.setattr(sys, "argv", ["feature", "order", *COLUMNS, "customer:ref", "--dry-run"])
    assert feature.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        *(f"app/order/{name}.py" for name in ("__init__", "crud", "models", "routes", "schemas")),
        *(f"tests/order/{name}.py" for name in ("test_routes", "test_references")),
        "app/customer/models.py (changed)",
        "Nothing was written.",
    ]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.py")} == before


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ([], 'Add columns, then run: uv run poe revision -m "add order"'),
        (COLUMNS, "add order: True"),
        ([*COLUMNS, "--no-revision"], "add order: False"),
    ],
)
def test_the_command_ends_with_the_next_step(
    options: list[str],
    last: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["feature", "order", *options])
    assert feature.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_nothing_is_left_of_a_feature_that_cannot_be_formatted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ruff").symlink_to(shutil.which("false") or "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(subprocess.CalledProcessError):
        feature.write("order", COLUMNS, project=tmp_path)
    assert not list(tmp_path.glob("*/order"))
