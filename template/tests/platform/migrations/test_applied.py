"""The log of migrations: a line for each committed revision, and none on standard output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.core.config import get_settings
from tests.platform.database_server import UNREACHABLE
from tests.platform.scratch_migrations import Migrations

pytestmark = pytest.mark.usefixtures("rebuilt_database")

# The commands of `alembic upgrade head --sql` and `alembic upgrade head`.
COMMANDS = """
from alembic.config import main
main(["upgrade", "head", "--sql"])
print("applied:", flush=True)
main(["upgrade", "head"])
"""
CREATE = 'op.create_table("{}", sa.Column("id", sa.Integer()))'


def python(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_revision_has_a_line(migrations: Migrations) -> None:
    path = migrations.add("add scratch", CREATE.format("scratch_0"))
    migrations.add("add more", CREATE.format("scratch_1"))
    with capture_logs() as lines:
        migrations.upgrade()
    first, second = (line for line in lines if line["event"] == "migration_applied")
    assert f'"{first["revision"]}"' in path.read_text()
    assert (first["message"], first["direction"]) == ("add scratch", "upgrade")
    assert second["message"] == "add more"
    assert first["milliseconds"] > 0


def test_a_revision_that_fails_has_no_line(migrations: Migrations) -> None:
    migrations.add("add scratch", CREATE.format("scratch_0"), CREATE.format("scratch_0"))
    with capture_logs() as lines:
        migrations.stop()
    assert [line for line in lines if line["event"] == "migration_applied"] == []


def test_the_log_of_a_command_is_not_in_its_output(migrations: Migrations) -> None:
    migrations.add("add scratch", CREATE.format("scratch_0"))
    result = python(migrations.configuration.parent, "-c", COMMANDS, ENVIRONMENT="production")
    sql, applied = result.stdout.split("applied:\n")
    assert "CREATE TABLE scratch_0" in sql
    assert "migration_applied" not in sql
    assert applied == ""
    (line,) = result.stderr.splitlines()
    assert json.loads(line)["event"] == "migration_applied"


def test_a_database_that_is_away_is_one_sentence(migrations: Migrations) -> None:
    url = get_settings().sqlalchemy_url.set(**UNREACHABLE)
    address = url.render_as_string(hide_password=False)
    folder = migrations.configuration.parent
    result = python(folder, "-m", "alembic", "current", DATABASE_URL=address)
    assert result.returncode == 1
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith("The database ")
    assert " is not available: " in sentence
    assert f"{url.password}" not in result.stderr + result.stdout
