"""MySQL and MariaDB: version, rights and collation."""

import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.doctor import server
from app.core.doctor.findings import Context, Level
from tests.platform.core.doctor.faults import faults, finding
from tests.platform.gizmo import Gizmo

Doctor = Callable[..., Any]
USER = f"doctor_{os.getpid()}"


def test_an_old_version_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OLDEST", {"MySQL": (99, 0), "MariaDB": (99, 0)})
    assert faults(doctor()[1]) == {"server": "warning"}


@pytest.mark.usefixtures("gizmo_table")
def test_tables_with_another_collation_are_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "Base", Gizmo)
    assert faults(doctor()[1]) == {}
    monkeypatch.setattr(server, "COLLATION", "utf8mb4_other")
    _, report = doctor()
    assert faults(report) == {"collation": "warning"}
    assert Gizmo.__tablename__ in finding(report, "collation")["text"]


@pytest.fixture
async def reading_user(make_engine: Callable[..., AsyncEngine]) -> AsyncIterator[URL]:
    """The URL of a user that may only read."""
    url = get_settings().sqlalchemy_url
    async with make_engine().connect() as connection:
        await connection.execute(text(f"CREATE USER {USER} IDENTIFIED BY 'top-secret'"))
        await connection.execute(text(f"GRANT SELECT ON {url.database}.* TO {USER}"))
        yield url.set(username=USER, password="top-secret")
        await connection.execute(text(f"DROP USER {USER}"))


@pytest.mark.usefixtures("gizmo_table")
async def test_a_user_without_rights_is_found(
    reading_user: URL,
    make_engine: Callable[..., AsyncEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "Base", Gizmo)
    address = SecretStr(reading_user.render_as_string(hide_password=False))
    found = []
    for engine in (make_engine(database_url=address), make_engine()):
        async with engine.connect() as connection:
            found += await connection.run_sync(
                lambda sync: [*server.check_rights(sync, Context(get_settings()))]
            )
    assert [(one.level, Gizmo.__tablename__ in one.text) for one in found] == [(Level.ERROR, True)]
