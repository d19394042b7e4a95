"""The location of the database: `DATABASE_URL`, or its parts."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Literal, Self

from pydantic import Field, ImportString, SecretStr, field_validator, model_validator
from sqlalchemy import URL

from app.core.engine.tls import Tls
from app.core.engine.url import TLS, build_url, parse_mode, parse_url
from app.core.setting_sources import SourcedSettings

PLACEHOLDERS = frozenset({"change-me", "changeme", "password", "secret"})
# Begins a message on the URL of the replicas.
OF_REPLICAS = "DATABASE_REPLICA_URL: "


# Returns the password for a new connection to the database of a URL, such as a token.
PasswordFunction = Callable[[URL], Awaitable[str]]


class DatabaseSettings(SourcedSettings):
    """`DATABASE_URL`, or its parts `DATABASE_HOST`, `DATABASE_NAME` and so on."""

    database_url: SecretStr | None = None
    database_host: str | None = None
    database_port: int | None = Field(default=None, ge=1, le=65535)
    database_user: str | None = None
    database_password: SecretStr | None = None
    database_name: str | None = None
    database_password_function: ImportString[PasswordFunction] | None = None
    database_ssl_mode: str | None = None
    database_ssl_ca: str | None = None
    database_ssl_cert: str | None = None
    database_ssl_key: str | None = None

    # Replicas lag behind; the accepted lag is in seconds.
    database_replica_url: SecretStr | None = None
    database_replica_max_lag: float = Field(default=10, gt=0, le=86_400)

    readiness_check: Literal["read", "write"] | None = Field(default=None, description="as URL")
    service_replicas: int = Field(default=1, ge=1, description="copies of the service")

    @field_validator("database_url", "database_replica_url")
    @classmethod
    def _validate_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_url(value.get_secret_value())
        return value

    @field_validator("database_ssl_mode")
    @classmethod
    def _validate_database_ssl_mode(cls, value: str | None) -> str | None:
        return parse_mode(value) if value is not None else None

    @model_validator(mode="after")
    def _check_tls(self) -> Self:
        for prefix, url in (("", self.configured_url), (OF_REPLICAS, self.replica_url)):
            if url is not None and (problem := Tls.of(url, TLS).problem()):
                raise ValueError(f"{prefix}{problem}")
        return self

    @property
    def configured_url(self) -> URL | None:
        """The database's URL for SQLAlchemy, with the settings of TLS; None when none is set.

        Raises:
            ValueError: when the URL and the settings of TLS contradict each other.
        """
        password = self.database_password.get_secret_value() if self.database_password else None
        if self.database_url is not None:
            return self._completed(self.database_url)
        if self.database_host and self.database_name:
            try:
                url = build_url(
                    host=self.database_host,
                    port=self.database_port,
                    user=self.database_user,
                    password=password,
                    name=self.database_name,
                )
            except ValueError as error:
                raise ValueError(f"DATABASE_HOST: {error}") from None
            return self._with_tls(url)
        return None

    @property
    def replica_url(self) -> URL | None:
        """The URL of the replicas, completed like that of the database; None when none is set."""
        if self.database_replica_url is None:
            return None
        return self._completed(self.database_replica_url)

    def _completed(self, text: SecretStr) -> URL:
        url = parse_url(text.get_secret_value())
        if url.password is None and self.database_password is not None:
            url = url.set(password=self.database_password.get_secret_value())
        return self._with_tls(url)

    def _with_tls(self, url: URL) -> URL:
        given = Tls(
            self.database_ssl_mode,
            self.database_ssl_ca,
            self.database_ssl_cert,
            self.database_ssl_key,
        )
        return Tls.of(url, TLS).joined(given).complete().put(url, TLS)

    async def current_login(self) -> dict[str, str | None]:
        """Return the arguments `user` and `password` for a new connection.

        A secret in a file is read again. Without a password, the function of
        `DATABASE_PASSWORD_FUNCTION` is called.

        Raises:
            ConnectionError: when the file of the URL has no valid URL any more, or when the
                function fails.
        """
        try:
            url = self.configured_url
        except ValueError as error:
            raise ConnectionError(f"DATABASE_URL: {error}") from None
        assert url is not None
        password = url.password
        if password is None and self.database_password_function is not None:
            try:
                password = await self.database_password_function(url)
            except Exception as error:
                message = f"DATABASE_PASSWORD_FUNCTION failed with {type(error).__name__}"
                raise ConnectionError(message) from error
        return {"user": url.username, "password": password}

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
        for prefix, url in (("", self.configured_url), (OF_REPLICAS, self.replica_url)):
            if url is not None and (url.password or "").lower() in PLACEHOLDERS:
                yield f"{prefix}The database's password is a placeholder: set the real one."
