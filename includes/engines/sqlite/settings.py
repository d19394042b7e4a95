"""The location of the database: `DATABASE_URL`, or the path of the file."""

from collections.abc import Iterator

from pydantic import SecretStr, field_validator
from sqlalchemy import URL

from app.core.engine.url import build_url, is_in_memory, parse_url
from app.core.setting_sources import SourcedSettings


class DatabaseSettings(SourcedSettings):
    """`DATABASE_URL`, or `DATABASE_NAME` with the path of the file."""

    database_url: SecretStr | None = None
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
        return build_url(self.database_name) if self.database_name else None

    def url_errors(self, *, workers: int) -> Iterator[str]:
        """Yield an error message when the URL is missing or impossible; it stops the start."""
        if self.configured_url is None:
            yield (
                "DATABASE_URL is missing: set it, or DATABASE_NAME to the path of the file. "
                "`uv run poe dev` uses a local file."
            )
        elif is_in_memory(self.configured_url) and workers > 1:
            yield "Worker processes cannot share a database in memory: set WEB_CONCURRENCY to 1."

    def production_errors(self) -> Iterator[str]:
        """Yield an error message when the URL is unsafe; it stops the start outside `local`."""
        if self.configured_url is not None and is_in_memory(self.configured_url):
            yield (
                "A database in memory is deleted when the process ends: set DATABASE_URL to a file."
            )
