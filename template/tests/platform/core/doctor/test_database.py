"""The database: away, slow, and the state of its migrations."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_

from app.core.config import Settings, get_settings
from app.core.doctor import database, migrations, server
from app.core.doctor.findings import Context, Finding, Level
from tests.platform.core.doctor.faults import faults, finding
from tests.platform.database_server import UNREACHABLE

Doctor = Callable[..., Any]
REVISION = """
revision = "{}"
down_revision = {!r}
"""


def test_a_database_that_is_away_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    url = get_settings().sqlalchemy_url.set(**UNREACHABLE)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    code, report = doctor()
    (fault,) = faults(report).items()
    assert fault in {("connection", "error"), ("folder", "error")}
    assert finding(report, fault[0])["advice"]
    assert url.password is None or url.password not in str(report)
    assert code == 1


def test_a_replica_has_findings_of_its_own(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "replicas", lambda settings: [("db-2", settings)])
    found = finding(doctor()[1], "replica latency")
    assert (found["level"], found["text"].startswith("db-2: a statement takes")) == ("ok", True)


def test_no_password_is_in_the_text_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    url = URL.create("db", username="shop", password="top/se cret", host="db.example")
    monkeypatch.setattr(Settings, "configured_url", url)
    error = RuntimeError()
    error.__cause__ = OSError("cannot open db://shop:top%2Fse%20cret@db.example with top/se cret")
    found = database._unavailable(error, Context(get_settings()))
    assert found.text == "db.example cannot be used: cannot open db://shop:***@db.example with ***"


def test_a_silent_database_ends_the_checks(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_slowly(connection: Connection, context: Context) -> Iterator[Finding]:
        yield Finding(Level.OK, "first", "")
        await_(asyncio.sleep(10))

    monkeypatch.setattr(server, "CHECKS", (check_slowly,))
    monkeypatch.setattr(database, "TIMEOUT", 0.5)
    code, report = doctor()
    assert faults(report) == {"connection": "error"}
    assert code == 1


def test_a_fault_that_is_found_before_connecting_ends_the_checks(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Finding(Level.ERROR, "folder", "it is missing")
    monkeypatch.setattr(server, "check_before_connecting", lambda context: [fault])
    code, report = doctor()
    assert faults(report) == {"folder": "error"}
    assert "latency" not in str(report)
    assert code == 1


def test_a_failed_statement_does_not_stop_the_next_check(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_nothing(connection: Connection, context: Context) -> Iterator[Finding]:
        connection.execute(text("SELECT nothing"))
        yield Finding(Level.OK, "nothing", "")

    monkeypatch.setattr(server, "CHECKS", (check_nothing,))
    _, report = doctor()
    assert faults(report) == {"nothing": "warning"}
    assert finding(report, "latency")


async def check(connection: AsyncConnection, environment: str = "local") -> list[Finding]:
    settings = get_settings().model_copy(update={"environment": environment})
    context = Context(settings)
    return await connection.run_sync(lambda sync: [*migrations.check_migrations(sync, context)])


@pytest.fixture
async def revisions(
    connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., None]:
    """Let no revision be applied; return a function that writes files of revisions."""
    monkeypatch.setattr(migrations, "PROJECT", tmp_path)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    (tmp_path / "versions").mkdir()
    await connection.execute(text("DELETE FROM alembic_version"))

    def write(name: str, parent: str | None = None) -> None:
        (tmp_path / "versions" / f"{name}.py").write_text(REVISION.format(name, parent))

    return write


async def test_pending_revisions_are_found(
    connection: AsyncConnection, revisions: Callable[..., None]
) -> None:
    revisions("red")
    (found,) = await check(connection)
    assert (found.level, found.advice) == (Level.WARNING, "Apply them: `uv run poe migrate`.")
    (found,) = await check(connection, "production")
    assert (found.level, found.advice) == (Level.ERROR, "Apply them: `alembic upgrade head`.")
    assert found.text == "1 of 1 are pending; the database has none"


@pytest.mark.usefixtures("revisions")
async def test_a_project_may_have_no_revision(connection: AsyncConnection) -> None:
    (found,) = await check(connection)
    assert (found.level, found.text) == (Level.OK, "there are none")


async def test_an_unknown_revision_is_found(
    connection: AsyncConnection, revisions: Callable[..., None]
) -> None:
    revisions("red")
    await connection.execute(text("INSERT INTO alembic_version VALUES ('of-tomorrow')"))
    (found,) = await check(connection)
    assert (found.level, "of-tomorrow" in found.text) == (Level.WARNING, True)


async def test_several_heads_are_found(
    connection: AsyncConnection, revisions: Callable[..., None]
) -> None:
    revisions("first")
    revisions("red", "first")
    revisions("blue", "first")
    heads, pending = await check(connection)
    assert (heads.level, "blue, red" in heads.text) == (Level.ERROR, True)
    assert pending.text.startswith("3 of 3 are pending")
