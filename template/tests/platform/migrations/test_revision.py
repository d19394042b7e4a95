import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.scratch_migrations import Migrations


@pytest.fixture
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("sqlalchemy.ext.asyncio.AsyncEngine.connect")


def test_an_empty_revision_is_not_created(
    migrations: Migrations, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrations.revise("--autogenerate", "-m", "nothing new") == []
    assert "No changes in schema detected." in capsys.readouterr().out


def test_no_revision_overwrites_another(migrations: Migrations) -> None:
    for _ in range(3):
        files = migrations.revise("-m", "Add colour, to table")
    first, second, third = files
    assert first.name[10:] == "_add_colour_to_table.py"
    assert second.name[10:] == "_add_colour_to_table_2.py"
    assert third.name[10:] == "_add_colour_to_table_3.py"
    assert f'down_revision = "{_revision(first)}"' in second.read_text()
    assert f'down_revision = "{_revision(second)}"' in third.read_text()


def test_a_revision_is_formatted(migrations: Migrations) -> None:
    files = migrations.revise("-m", "add colour")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--check", *files], check=True)


@pytest.mark.usefixtures("_no_database")
def test_a_revision_without_autogenerate_needs_no_database(migrations: Migrations) -> None:
    assert len(migrations.revise("-m", "add colour")) == 1


def test_a_revision_without_changes_is_as_the_guide_says(migrations: Migrations) -> None:
    (file,) = migrations.revise("-m", "add colour")
    lines = file.read_text()
    assert "import sqlalchemy as sa" not in lines
    assert lines.count("    pass\n") == 2


@pytest.mark.usefixtures("_no_database")
def test_offline_sql_needs_no_database(
    migrations: Migrations, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in migrations.known:
        file.unlink()
    (revision,) = migrations.revise("-m", "add colour")
    migrations.run("upgrade", "head", "--sql")
    sql = capsys.readouterr().out
    assert "CREATE TABLE alembic_version" in sql
    assert _revision(revision) in sql


@pytest.mark.parametrize("arguments", [(), ("-m", "?"), ("-m", "x" * 101)])
def test_a_revision_needs_a_message(
    migrations: Migrations, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit):
        migrations.revise(*arguments)
    message = "a revision needs a message of 1 to 100 characters"
    assert message in capsys.readouterr().out


def _revision(path: Path) -> str:
    (line,) = [line for line in path.read_text().splitlines() if line.startswith("revision = ")]
    return line.split('"')[1]
