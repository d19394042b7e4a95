"""The location of the database: `DATABASE_URL`, or its parts."""

from collections.abc import Iterator

from pydantic import Field, SecretStr, field_validator
from sqlalchemy import URL

from app.core.engine.url import build_url, parse_url
from app.core.setting_sources import SourcedSettings

PLACEHOLDERS = frozenset({"change-me", "changeme", "password", "secret"})


class DatabaseSettings(SourcedSettings):
    """`DATABASE_URL`, or its parts `DATABASE_HOST`, `DATABASE_NAME` and so on."""

    database_url: SecretStr | None = None
    database_host: str | None = None
    database_port: int | None = Field(default=None, ge=1, le=65535)
    database_user: str | None = None
    database_password: SecretStr | None = None
    database_name: str | None = None

    @field_validator("database_url")
    @classmethod
    def _validate_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_url(value.get_secret_value())
        return value

    @property
    def configured_url(self) -> URL | None:
        """The database's URL for SQLAlchemy; None when none is set."""
        if self.database_url is not None:
            return parse_url(self.database_url.get_secret_value())
        if not self.database_host or not self.database_name:
            return None
        password = self.database_password
        return build_url(
            host=self.database_host,
            port=self.database_port,
            user=self.database_user,
            password=password.get_secret_value() if password else None,
            name=self.database_name,
        )

    def url_errors(self, *, workers: int) -> Iterator[str]:
        """Yield an error message when the URL is missing; it stops the start."""
        if self.configured_url is None:
            yield (
                "DATABASE_URL is missing: set it, or DATABASE_HOST and DATABASE_NAME with "
                "DATABASE_PORT, DATABASE_USER and DATABASE_PASSWORD. "
                "`uv run poe dev` starts a local database server."
            )

    def production_errors(self) -> Iterator[str]:
        """Yield an error message when the URL is unsafe; it stops the start outside `local`."""
        url = self.configured_url
        if url is not None and (url.password or "").lower() in PLACEHOLDERS:
            yield "The database's password is a placeholder: set the real one."
