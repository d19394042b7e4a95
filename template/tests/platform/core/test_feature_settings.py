import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

import app
from app.core.config import load_settings
from app.core.feature_settings import check_feature_settings, feature_settings
from app.main import create_app

SETTINGS = """
from pydantic import SecretStr

from app.core.config import Settings
from app.core.setting_sources import SourcedSettings

class ParcelSettings(SourcedSettings):
    environment: str = "local"
    parcel_limit: int = 3
    parcel_token: SecretStr = SecretStr("local")
"""


@pytest.fixture
def parcel_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The file of the settings of the feature `parcel`, which is a part of the app."""
    file = tmp_path / "parcel/settings.py"
    file.parent.mkdir()
    file.write_text(SETTINGS)
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    yield file
    sys.modules.pop("app.parcel.settings", None)
    sys.modules.pop("app.parcel", None)


def test_the_settings_of_a_feature_have_the_sources_of_all_settings(
    parcel_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = parcel_settings.with_name("token")
    token.write_text("from a file")
    monkeypatch.setenv("PARCEL_LIMIT", "7")
    monkeypatch.setenv("PARCEL_TOKEN_FILE", str(token))
    (found,) = [each for each in feature_settings() if each.__name__ == "ParcelSettings"]
    settings = load_settings(found).model_dump()
    assert settings["parcel_limit"] == 7
    assert settings["parcel_token"].get_secret_value() == "from a file"


def test_a_setting_of_a_feature_that_is_not_accepted_stops_the_start(
    parcel_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_feature_settings()
    monkeypatch.setenv("PARCEL_LIMIT", "top-secret")
    served: list[str] = []
    monkeypatch.setattr(uvicorn, "run", lambda target, **options: served.append(target))
    for start in (create_app, lambda: runpy.run_module("app", run_name="__main__")):
        with pytest.raises(SystemExit, match="PARCEL_LIMIT: ") as stop:
            start()
        assert "top-secret" not in str(stop.value)
    assert not served


def test_a_setting_of_a_feature_without_its_name_is_refused(parcel_settings: Path) -> None:
    parcel_settings.write_text(SETTINGS.replace("parcel_limit", "limit"))
    with pytest.raises(TypeError, match="rename the field limit to parcel_limit"):
        create_app()


def test_two_features_have_no_field_together(
    parcel_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = parcel_settings.parents[1] / "parcel_order/settings.py"
    other.parent.mkdir()
    other.write_text(SETTINGS.replace("parcel_", "parcel_order_"))
    assert feature_settings()
    parcel_settings.write_text(SETTINGS.replace("parcel_limit", "parcel_order_limit"))
    for name in ("parcel", "parcel_order"):
        sys.modules.pop(f"app.{name}.settings")
    with pytest.raises(TypeError, match="rename the field parcel_order_limit: the feature parcel"):
        feature_settings()
    for name in ("app.parcel_order.settings", "app.parcel_order"):
        sys.modules.pop(name)
