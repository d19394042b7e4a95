"""The URL of a database server, its parts, and no secrets in messages."""

import logging

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url

from app.core.config import Settings, load_settings
from app.core.engine.settings import DatabaseSettings
from app.core.engine.url import parse_url
from tests.platform.database_server import URL

SECRET = make_url(URL).set(password="top-secret").render_as_string(hide_password=False)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a%25b", "a%b"), ("100%", "100%"), ("a%40b", "a@b"), ("a/b", "a/b"), ("a:b", "a:b")],
)
def test_a_password_may_contain_any_character(written: str, meant: str) -> None:
    url = parse_url(URL.replace("top%2Fsecret", written))
    assert (url.password, url.host, url.database) == (meant, "db.example", "shop")


def test_the_url_is_built_from_its_parts() -> None:
    url = Settings(
        _env_file=None,
        database_host="db.example",
        database_port=4000,
        database_user="shop",
        database_password=SecretStr("a%b@c/d:e"),
        database_name="shop",
    ).sqlalchemy_url
    assert url.password == "a%b@c/d:e"
    assert (url.host, url.port, url.database) == ("db.example", 4000, "shop")


def test_an_error_in_a_list_of_hosts_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_HOST", "one,two:x")
    monkeypatch.setenv("DATABASE_NAME", "shop")
    with pytest.raises(SystemExit, match="\\nDATABASE_HOST: a host or its port is not valid"):
        load_settings(Settings)


def test_a_url_without_a_password_uses_the_setting() -> None:
    password = SecretStr("a%b@c/d:e")
    for user, used in (("shop", "a%b@c/d:e"), ("shop:own", "own")):
        url = SecretStr(URL.replace("shop:top%2Fsecret", user))
        configured = Settings(
            _env_file=None, database_url=url, database_password=password
        ).sqlalchemy_url
        assert configured.password == used


def test_a_function_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("DATABASE_PASSWORD_FUNCTION", "app.missing:password")
    with pytest.raises(SystemExit, match="DATABASE_PASSWORD_FUNCTION: Invalid python path"):
        load_settings(Settings)


@pytest.mark.parametrize(
    "url",
    [
        SECRET.replace(":4000", ":port"),
        SECRET.replace(SECRET.split(":")[0], "oracle"),
        SECRET.removesuffix("/shop"),
        f"{SECRET}?colour=blue",
    ],
)
def test_no_secret_is_in_an_error(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SystemExit) as stop:
        load_settings(DatabaseSettings)
    assert str(stop.value).startswith("The settings are not accepted:\nDATABASE_URL: ")
    assert "top-secret" not in str(stop.value)
    with pytest.raises(ValidationError) as refused:
        DatabaseSettings(_env_file=None)
    assert "top-secret" not in str(refused.value)


def test_no_secret_is_in_a_repr_or_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    secret = Settings(
        _env_file=None,
        database_url=SecretStr(URL),
        database_password=SecretStr("top/secret"),
    )
    url = secret.sqlalchemy_url
    logging.getLogger("test").warning("%s %r %s", secret, secret, url)
    for text in (repr(secret), str(secret), str(url), secret.model_dump_json(), caplog.text):
        assert "top/secret" not in text
        assert "top%2Fsecret" not in text
