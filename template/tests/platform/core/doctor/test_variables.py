"""Settings: values, sources, misspelt names, and no secrets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

import app
from app.core.config import Settings
from app.core.doctor import variables
from tests.platform.core.doctor.faults import faults, finding, row
from tests.platform.database_server import UNSAFE_BECAUSE, UNSAFE_URL

Doctor = Callable[..., Any]


class Nested(BaseModel):
    code: str = "top-secret"


class OwnSettings(Settings):
    """Settings that a service may add."""

    shop_token: str = "top-secret"
    cache_url: str = "redis://shop:top-se@cret@cache/0?colour=red"
    hook_url: SecretStr = SecretStr("https://hooks.example/top-secret")
    nested: Nested = Nested()
    colour: str = "red\nand blue"


def test_each_setting_has_its_source(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("log_level", "ERROR")
    Path(".env").write_text("LOG_LEVEL=DEBUG\nshutdown_timeout=7\nHOST=\n")
    _, report = doctor()
    assert row(report, "LOG_LEVEL") == ("ERROR", "environment")
    assert row(report, "SHUTDOWN_TIMEOUT") == ("7", ".env")
    assert row(report, "HOST") == (Settings.model_fields["host"].default, "default")
    assert faults(report) == {}


def test_a_file_is_a_source(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "log_level").write_text("ERROR\n")
    (secrets / "databse_url").write_text("top-secret")
    (tmp_path / "host").write_text("127.0.0.1")
    monkeypatch.setenv("SECRETS_DIR", str(secrets))
    monkeypatch.setenv("HOST_FILE", str(tmp_path / "host"))
    _, report = doctor()
    assert row(report, "LOG_LEVEL") == ("ERROR", f"secrets folder, file {secrets}/log_level")
    assert row(report, "HOST") == ("127.0.0.1", f"environment, file {tmp_path}/host")
    assert finding(report, "unknown variable")["text"].endswith("DATABSE_URL (secrets folder)")
    assert "top-secret" not in str(report)


def test_a_missing_file_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_FILE", "/nowhere/host")
    code, report = doctor()
    assert "/nowhere/host cannot be read" in finding(report, "settings")["text"]
    assert report["settings"] == []
    assert code == 1


def test_no_secret_is_in_the_list(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables, "Settings", OwnSettings)
    code, report = doctor()
    assert "top-se" not in str(report)
    assert row(report, "CACHE_URL") == ("redis://***@cache/0?colour=red", "default")
    assert row(report, "COLOUR") == ("red and blue", "default")
    assert row(report, "DATABASE_URL")[1] == "environment"
    assert code == 0


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("db://shop:top-secret@db/shop?ssl=x", "db://shop:***@db/shop?ssl=x"),
        ("db://shop:top-secr/?et@a:1,b:2/shop", "db://shop:***@a:1,b:2/shop"),
        ("db://db/shop?a=b&sslPassword=top-secret", "db://db/shop?a=b&sslPassword=***"),
    ],
)
def test_the_url_is_shown_without_its_password(url: str, shown: str) -> None:
    settings = Settings.model_construct(database_url=SecretStr(url))
    assert ("DATABASE_URL", shown) in [(row.name, row.value) for row in variables.rows(settings)]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_POOLSIZE", "DATABASE_POOL_SIZE"),
        ("log_levels", "LOG_LEVEL"),
    ],
)
def test_a_misspelt_variable_is_found_with_the_nearest_name(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "top-secret")
    code, report = doctor()
    assert faults(report) == {"unknown variable": "warning"}
    found = finding(report, "unknown variable")
    assert (name.upper() in found["text"], nearest in found["advice"]) == (True, True)
    assert "top-secret" not in str(report)
    assert code == 0


def test_each_unknown_name_in_the_file_is_found(doctor: Doctor) -> None:
    Path(".env").write_text("EDITOR=vi\nUV_OFFLINE=1\nTEST_DATABASE_URL=x_test\n")
    _, report = doctor()
    assert finding(report, "unknown variable")["text"].endswith("EDITOR (.env)")


@pytest.mark.parametrize(
    "name", ["OTEL_SDK_DISABLED", "UV_PORT", "HOSTS", "DATABASE_SERVICE_HOST", "EDITOR"]
)
def test_names_of_other_programs_are_no_finding(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "")
    assert faults(doctor()[1]) == {}


def test_the_variable_of_a_class_of_settings_in_a_feature_is_known(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "replica.py").write_text("class Replica(Settings):\n    database_copy_url: str\n")
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    Path(".env").write_text("DATABASE_COPY_URL=x\nDATABASE_COPY_URL_FILE=x\n")
    assert faults(doctor()[1]) == {}


def test_paths_are_shown(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    assert row(doctor()[1], "SECRETS_DIR") == (str(tmp_path), "environment")


def test_invalid_settings_are_found_and_the_other_checks_run(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "many")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    code, report = doctor()
    texts = [found["text"] for found in report["findings"] if found["subject"] == "settings"]
    assert [text.partition(":")[0] for text in texts] == ["LOG_LEVEL", "DATABASE_POOL_SIZE"]
    assert row(report, "LOG_LEVEL") == ("not accepted", "environment")
    assert finding(report, "latency")
    assert code == 1


def test_unsafe_settings_are_found_and_the_environment_stays(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", UNSAFE_URL)
    monkeypatch.setenv("DATABASE_CONNECT_TIMEOUT", "0.01")
    code, report = doctor()
    assert UNSAFE_BECAUSE in finding(report, "settings")["text"]
    assert row(report, "ENVIRONMENT") == ("production", "environment")
    assert code == 1


def test_a_missing_url_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    code, report = doctor()
    assert faults(report) == {"settings": "error", "connection": "warning"}
    assert code == 1


def test_a_file_that_cannot_be_read_is_found(doctor: Doctor) -> None:
    Path(".env").write_bytes(b"HOST=\xff\n")
    code, report = doctor()
    assert finding(report, "settings")["text"].startswith("they cannot be read")
    assert report["settings"] == []
    assert code == 1


def test_a_required_setting_without_value_stops_the_other_checks_only(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Strict(Settings):
        shop_code: int

    class Unchecked(variables._Unchecked):
        shop_code: int

    monkeypatch.setattr(variables, "Settings", Strict)
    monkeypatch.setattr(variables, "_Unchecked", Unchecked)
    code, report = doctor()
    assert finding(report, "settings")["text"].startswith("SHOP_CODE: ")
    assert row(report, "SHOP_CODE") == ("?", "default")
    assert code == 1
