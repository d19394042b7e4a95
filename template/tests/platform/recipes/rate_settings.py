"""The settings of the rates of currencies."""

from functools import lru_cache
from typing import Self

from pydantic import SecretStr, model_validator

from app.core.config import load_settings
from app.core.setting_sources import SourcedSettings


class RateSettings(SourcedSettings):
    environment: str = "local"
    # The defaults are for tests and `poe dev`.
    rate_service_url: str = "http://127.0.0.1:8001"
    rate_service_token: SecretStr = SecretStr("local")

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = {"rate_service_url", "rate_service_token"}
        if self.environment != "local" and not names <= self.model_fields_set:
            raise ValueError("RATE_SERVICE_URL and RATE_SERVICE_TOKEN are required.")
        return self


@lru_cache
def get_rate_settings() -> RateSettings:
    """Return the settings of the feature, read once."""
    return load_settings(RateSettings)
