import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import main as alembic

PROJECT = Path(__file__).parents[2]

Revise = Callable[..., list[Path]]


@pytest.fixture
def revise(tmp_path: Path) -> Revise:
    """Run `alembic revision` in a copy of the migrations; return the files it has made so far."""
    shutil.copy(PROJECT / "alembic.ini", tmp_path)
    shutil.copytree(PROJECT / "migrations", tmp_path / "migrations")
    versions = tmp_path / "migrations" / "versions"
    known = set(versions.glob("*.py"))

    def run(*arguments: str) -> list[Path]:
        alembic(["-c", str(tmp_path / "alembic.ini"), "revision", *arguments])
        return sorted(set(versions.glob("*.py")) - known)

    return run


def test_a_revision_that_changes_nothing_is_not_made(
    revise: Revise, capsys: pytest.CaptureFixture[str]
) -> None:
    assert revise("--autogenerate", "-m", "nothing new") == []
    assert "no revision was made" in capsys.readouterr().out


def test_no_revision_overwrites_another(revise: Revise) -> None:
    for _ in range(3):
        files = revise("-m", "Add colour, to product")
    first, second, third = files
    assert first.name[10:] == "_add_colour_to_product.py"
    assert second.name[10:] == "_add_colour_to_product_2.py"
    assert third.name[10:] == "_add_colour_to_product_3.py"
    assert f'down_revision = "{_revision(first)}"' in second.read_text()
    assert f'down_revision = "{_revision(second)}"' in third.read_text()


def test_a_revision_is_formatted(revise: Revise) -> None:
    files = revise("-m", "add colour")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--check", *files], check=True)


def test_an_empty_revision_needs_no_database(
    revise: Revise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("sqlalchemy.ext.asyncio.AsyncEngine.connect")
    assert len(revise("-m", "add colour")) == 1


@pytest.mark.parametrize("arguments", [(), ("-m", "?"), ("-m", "x" * 101)])
def test_a_revision_needs_a_message_that_can_name_its_file(
    revise: Revise, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit):
        revise(*arguments)
    message = "a revision's message names its file, and has 1 to 100 characters"
    assert message in capsys.readouterr().out


def _revision(path: Path) -> str:
    (line,) = [line for line in path.read_text().splitlines() if line.startswith("revision = ")]
    return line.split('"')[1]
