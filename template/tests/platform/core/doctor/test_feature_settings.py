"""Settings of features: values, sources, misspelt names, and no secrets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from pydantic import SecretStr, model_validator

from app.core.doctor import feature_settings, variables
from app.core.setting_sources import SourcedSettings
from tests.platform.core.doctor.faults import faults, finding, row

Doctor = Callable[..., Any]


@pytest.fixture
def shop_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of one feature."""

    class ShopSettings(SourcedSettings):
        environment: str = "local"
        shop_limit: int = 3
        shop_hook: SecretStr = SecretStr("top-secret")

        @model_validator(mode="after")
        def _check(self) -> Self:
            if self.shop_limit > 5:
                raise ValueError("SHOP_LIMIT and SHOP_HOOK contradict each other.")
            return self

    for module in (variables, feature_settings):
        monkeypatch.setattr(module, "feature_settings", lambda: [ShopSettings])


@pytest.mark.usefixtures("shop_settings")
def test_the_settings_of_a_feature_are_listed_without_secrets(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_LIMIT", "4")
    Path(".env").write_text("SHOP_HOOK=top-secret\n")
    _, report = doctor()
    assert row(report, "SHOP_LIMIT") == ("4", "environment")
    assert row(report, "SHOP_HOOK") == ("***", ".env")
    assert row(report, "ENVIRONMENT") == ("local", "environment")
    assert faults(report) == {}


@pytest.mark.usefixtures("shop_settings")
def test_a_misspelt_variable_of_a_feature_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_LIMITS", "4")
    assert finding(doctor()[1], "unknown variable")["advice"] == "Did you mean SHOP_LIMIT?"


@pytest.mark.usefixtures("shop_settings")
@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [("many", "SHOP_LIMIT: ", "not accepted"), ("6", "SHOP_LIMIT and SHOP_HOOK", "?")],
)
def test_a_setting_of_a_feature_that_is_not_accepted_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, value: str, text: str, shown: str
) -> None:
    monkeypatch.setenv("SHOP_LIMIT", value)
    code, report = doctor()
    assert finding(report, "feature settings")["text"].startswith(text)
    assert row(report, "SHOP_LIMIT") == (shown, "environment")
    assert code == 1


@pytest.mark.usefixtures("shop_settings")
def test_a_file_that_cannot_be_read_is_found_once(doctor: Doctor) -> None:
    Path(".env").write_bytes(b"HOST=\xff\n")
    assert finding(doctor()[1], "settings")["text"].startswith("they cannot be read")
