"""Databases that speak PostgreSQL's protocol and are another program."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from app.core.database import engine
from app.core.engine.dialect import Dialect

dialect: Any = Dialect()  # type: ignore[no-untyped-call]

VERSIONS = {
    "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu": (15, 18),
    "CockroachDB CCL v26.3.1 (x86_64-pc-linux-gnu, built 2026/08/11, go1.25.5)": (15,),
    "PostgreSQL 15.12-YB-2025.2.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang": (15, 12),
    "PostgreSQL 16": (16,),
}


def test_every_engine_of_the_service_has_this_dialect() -> None:
    assert type(engine.dialect).__mro__[:2] == Dialect.__mro__[:2]


@pytest.mark.parametrize(("text", "version"), VERSIONS.items())
def test_a_database_that_is_no_postgresql_has_a_version(
    text: str, version: tuple[int, ...]
) -> None:
    connection = Mock()
    connection.exec_driver_sql.return_value.scalar.return_value = text
    assert dialect._get_server_version_info(connection) == version


async def test_a_database_without_the_type_json_can_be_used() -> None:
    async def set_type_codec(name: str, **options: Any) -> None:
        raise ValueError(f"unknown type: pg_catalog.{name}")

    driver_connection = SimpleNamespace(set_type_codec=set_type_codec)
    adapted = SimpleNamespace(_connection=driver_connection)
    await dialect.setup_asyncpg_json_codec(adapted)
    with pytest.raises(ValueError, match="unknown type"):
        await dialect.setup_asyncpg_jsonb_codec(adapted)
