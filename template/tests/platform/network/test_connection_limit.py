from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, MetaData, text
from structlog.testing import capture_logs

from app.core.config import Settings, get_settings
from app.core.database import build_engine, engine
from app.core.engine import driver
from app.core.engine.limits import connections_for_checks, warn_about_limits
from tests.platform.network.pooler import direct


async def warnings(settings: Settings) -> list[Any]:
    with capture_logs() as lines:
        await driver.on_startup(engine, settings, MetaData())
    return lines


@direct
async def test_pools_that_exceed_the_connection_limit_log_a_warning() -> None:
    async with engine.connect() as connection:
        limit = (await connection.execute(driver.CONNECTION_LIMIT)).scalar_one()
    changes = {"database_pool_size": limit - 1, "database_max_overflow": 1, "web_concurrency": 1}
    settings = get_settings().model_copy(update=changes)
    assert await warnings(settings) == []
    (line,) = await warnings(settings.model_copy(update={"web_concurrency": 2}))
    assert line["event"] == "connection_limit_exceeded"
    assert (line["workers"], line["connections_per_worker"]) == (2, limit)
    assert (line["wanted"], line["server_limit"]) == (2 * limit, limit)
    (line,) = await warnings(settings.model_copy(update={"service_replicas": 3}))
    assert (line["service_replicas"], line["wanted"]) == (3, 3 * limit)


@pytest.mark.parametrize(
    ("hosts", "has_replicas", "checks"), [(1, False, 0), (2, False, 1), (1, True, 1), (2, True, 3)]
)
def test_the_connections_of_checks_count(hosts: int, has_replicas: bool, checks: int) -> None:
    url = get_settings().sqlalchemy_url
    names = {"host": ",".join(["db.example"] * hosts), "port": ",".join(["1000"] * hosts)}
    address = URL.create(url.drivername, database=url.database, query=names)
    changes = {
        "database_url": SecretStr(str(address)),
        "database_replica_url": SecretStr(str(url)) if has_replicas else None,
    }
    assert connections_for_checks(get_settings().model_copy(update=changes)) == checks


async def test_connections_to_a_pooler_are_not_counted() -> None:
    settings = get_settings().model_copy(update={"service_replicas": 10_000})
    one = text("SELECT 1")
    for behind_pooler in (False, True):
        with capture_logs() as lines:
            await warn_about_limits(
                engine, settings, connections=one, idle_timeout=one, behind_pooler=behind_pooler
            )
        assert len(lines) == (0 if behind_pooler else 2)


async def test_the_service_starts_without_its_database(unused_tcp_port: int) -> None:
    url = get_settings().sqlalchemy_url.set(host="127.0.0.1", port=unused_tcp_port)
    address = SecretStr(url.render_as_string(hide_password=False))
    settings = get_settings().model_copy(update={"database_url": address})
    with capture_logs() as lines:
        await driver.on_startup(build_engine(settings), settings, MetaData())
    assert [line["event"] for line in lines] == ["database_unavailable_at_start"]
    assert "DatabaseUnavailableError" not in lines[0]["reason"], "the cause is more useful"


@direct
async def test_a_short_idle_timeout_of_the_server_logs_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "IDLE_TIMEOUT", text("SELECT 60"))
    for recycle, warned in ((59, False), (60, True)):
        lines = await warnings(get_settings().model_copy(update={"database_pool_recycle": recycle}))
        assert [line["server_idle_timeout"] for line in lines] == [60] * warned
