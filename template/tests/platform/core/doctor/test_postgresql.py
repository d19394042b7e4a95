"""PostgreSQL: version, encoding, time zone, rights, encryption."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.config import get_settings
from app.core.doctor import server
from app.core.doctor.findings import Context, Level
from tests.platform.core.doctor.faults import faults
from tests.platform.gizmo import Gizmo

Doctor = Callable[..., Any]
ROLE = f"doctor_{os.getpid()}"
IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"


@pytest.mark.parametrize(
    ("name", "value", "subject"),
    [
        ("OLDEST", 99, "server"),
        ("ENCODING", text("SELECT 'LATIN1'"), "encoding"),
        ("TIME_ZONE", text("SELECT 'Asia/Tokyo'"), "time zone"),
    ],
)
def test_an_unsuitable_server_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, name: str, value: object, subject: str
) -> None:
    monkeypatch.setattr(server, name, value)
    assert faults(doctor()[1]) == {subject: "warning"}


@pytest.mark.usefixtures("gizmo_table")
async def test_a_user_without_rights_is_found(
    connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check() -> Any:
        context = Context(get_settings())
        return connection.run_sync(lambda sync: [*server.check_rights(sync, context)])

    monkeypatch.setattr(server, "Base", Gizmo)
    assert await check() == []
    # The superuser of a local server has all rights; another user has those of the owner.
    if await connection.scalar(text(IS_SUPERUSER)):
        await connection.execute(text(f"CREATE ROLE {ROLE}"))
        await connection.execute(text(f"SET LOCAL ROLE {ROLE}"))
    else:
        await connection.execute(text("REVOKE UPDATE ON gizmo FROM CURRENT_USER"))
    (found,) = await check()
    assert (found.level, "gizmo" in found.text) == (Level.ERROR, True)


@pytest.mark.parametrize(("is_pooler", "found"), [(True, []), (False, ["TLSv1.3 cipher"])])
async def test_encryption_is_unknown_behind_a_pooler(
    connection: AsyncConnection,
    monkeypatch: pytest.MonkeyPatch,
    is_pooler: bool,
    found: list[str],
) -> None:
    monkeypatch.setattr(server, "ENCRYPTION", text("SELECT 'TLSv1.3 cipher'"))
    context = Context(get_settings().model_copy(update={"database_pooler": is_pooler}))
    findings = await connection.run_sync(lambda sync: [*server.check_encryption(sync, context)])
    assert [one.text for one in findings] == found
    limits = await connection.run_sync(lambda sync: [*server.check_connections(sync, context)])
    assert bool(limits) == (not is_pooler)
