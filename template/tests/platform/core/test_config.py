from typing import Any

import pytest
from pydantic import Field, ValidationError

from app.core.config import Settings, load_settings
from app.core.engine.url import parse_url
from app.core.setting_sources import SourcedSettings
from tests.platform.database_server import UNSAFE_BECAUSE, UNSAFE_URL, URL


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **({"database_url": URL} | values))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_pool_size", 7),
        ("database_max_overflow", 0),
        ("database_pool_timeout", 2.5),
    ],
)
def test_each_pool_value_is_overridden_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setenv(name.upper(), str(value))
    assert getattr(settings(), name) == value


def test_a_list_that_is_not_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lists(SourcedSettings):
        parcel_sizes: list[int] = Field(default=[])

    monkeypatch.setenv("PARCEL_SIZES", "1,2")
    with pytest.raises(SystemExit, match=r"PARCEL_SIZES: the value is not JSON, such as \[1, 2\]$"):
        load_settings(Lists)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "")
    default = Settings.model_fields["database_pool_size"].default
    assert settings().database_pool_size == default


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example")
    assert settings().cors_origins == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FORWARDED_ALLOW_IPS", "10.0.0.1/8"),
        ("FORWARDED_ALLOW_IPS", "*, 10.0.0.1"),
        ("ALLOWED_HOSTS", "https://api.example.com"),
        ("ALLOWED_HOSTS", "api.example.com:8000"),
        ("ALLOWED_HOSTS", "api.example.com,"),
        ("ALLOWED_HOSTS", "*"),
        ("ROOT_PATH", "shop"),
        ("ROOT_PATH", "/shop/"),
        ("KEEP_ALIVE_TIMEOUT", "0"),
    ],
)
def test_a_value_that_would_have_no_effect_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"{name}: ") as stop:
        load_settings(Settings)
    assert value not in str(stop.value) or value == "*"


def test_proxies_and_hosts_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.0/8, ::1")
    monkeypatch.setenv("ALLOWED_HOSTS", "API.example.com, *.example.org,[::1]")
    assert settings().forwarded_allow_ips == ["10.0.0.0/8", "::1"]
    assert settings().allowed_hosts == ["api.example.com", "*.example.org", "[::1]"]
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert settings().forwarded_allow_ips == ["*"]


def test_a_missing_database_url_is_an_error() -> None:
    with pytest.raises(ValidationError, match="DATABASE_URL is missing: set it, or DATABASE_"):
        settings(database_url=None)


def test_production_lists_all_errors_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", UNSAFE_URL)
    monkeypatch.setenv("CORS_ORIGINS", "*")
    monkeypatch.setenv("DATABASE_ECHO", "true")
    with pytest.raises(SystemExit) as stop:
        load_settings(Settings)
    message = str(stop.value)
    assert UNSAFE_BECAUSE in message
    assert "CORS_ORIGINS must list" in message
    assert "DATABASE_ECHO and DATABASE_POOL_ECHO must be off" in message


def test_production_starts_with_safe_settings() -> None:
    assert settings(environment="production").sqlalchemy_url == parse_url(URL)


def test_production_refuses_to_start_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("CORS_ORIGINS", "*")
    with pytest.raises(SystemExit) as stop:
        load_settings(Settings)
    assert "DATABASE_URL is missing" in str(stop.value)
    assert "CORS_ORIGINS must list" in str(stop.value)


def test_an_invalid_setting_is_named_with_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("DATABASE_POOL_SIZE", "many")
    with pytest.raises(SystemExit, match="DATABASE_POOL_SIZE: Input should be a valid integer"):
        load_settings(Settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_STATEMENT_TIMEOUT", "0.0004"),
        ("DATABASE_STATEMENT_TIMEOUT", "3000000"),
        ("DATABASE_STATEMENT_TIMEOUT", "inf"),
        ("DATABASE_POOL_TIMEOUT", "nan"),
        ("SHUTDOWN_DELAY", "inf"),
    ],
)
def test_a_time_limit_cannot_be_disabled(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f"{name}: Input should be"):
        load_settings(Settings)
