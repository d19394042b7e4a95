"""The URL of the replicas."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from app.core.config import Settings, get_settings
from app.core.database import reader as primary_reader
from app.core.engine.reader import Reader
from app.core.engine.replica_settings import replica_settings
from app.core.replica import get_replica_reader, replica_reader
from app.core.setting_sources import FileSecret
from tests.platform.database_server import UNSAFE_URL, URL
from tests.platform.network.replicas import replicas_of


def test_each_host_of_the_url_is_a_replica() -> None:
    several = URL.replace("db.example:4000", "one.example:4000,two.example:4001")
    settings = get_settings().model_copy(update={"database_replica_url": SecretStr(several)})
    urls = [replica.engine.url for replica in replicas_of(settings)]
    assert [(url.host, url.port) for url in urls] == [("one.example", 4000), ("two.example", 4001)]
    assert {(url.username, url.password, url.database) for url in urls} == {
        ("shop", "top/secret", "shop")
    }


async def test_the_login_of_replicas_is_read_again_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "database_replica_url"
    file.write_text(URL, "utf-8")
    settings = get_settings().model_copy(update={"database_replica_url": FileSecret(file)})
    (replica,) = replica_settings(settings)
    file.write_text(URL.replace("top%2Fsecret", "new"), "utf-8")
    assert await replica.current_login() == {"user": "shop", "password": "new"}


def test_the_url_of_replicas_is_checked_and_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    def settings(**values: Any) -> Settings:
        return Settings(_env_file=None, **({"database_url": URL} | values))

    with pytest.raises(ValidationError, match="database name is missing"):
        settings(database_replica_url=URL.removesuffix("/shop"))
    with pytest.raises(ValidationError, match="is missing"):
        settings(database_replica_url=URL, database_ssl_mode="verify-full", database_ssl_ca="/no")
    if UNSAFE_URL != URL:
        with pytest.raises(ValidationError, match=r"DATABASE_REPLICA_URL: .* placeholder"):
            settings(database_replica_url=UNSAFE_URL, environment="production")
    url = settings(
        database_replica_url=URL.replace(":top%2Fsecret", ""), database_password="other"
    ).replica_url
    assert url is not None
    assert url.password == "other"


def test_replicas_without_a_host_are_where_the_driver_looks() -> None:
    address = f"{get_settings().sqlalchemy_url.drivername}:///shop"
    settings = get_settings().model_copy(update={"database_replica_url": SecretStr(address)})
    assert [replica.engine.url.host for replica in replicas_of(settings)] == [None]


async def test_without_replicas_the_reader_is_that_of_the_primary(reader: Reader) -> None:
    assert await get_replica_reader(reader) is reader
    assert await replica_reader() is primary_reader
