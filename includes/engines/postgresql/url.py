"""Database URLs: each usual spelling becomes a URL for asyncpg."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVER = "postgresql+asyncpg"
BACKENDS = frozenset({"postgres", "postgresql"})
PARAMETERS = frozenset({"host", "port", "ssl", "target_session_attrs"})
FORM = "postgresql://USER:PASSWORD@HOST:PORT/NAME"


def parse_url(text: str) -> URL:
    """Return the URL of a text such as `postgres://u:p@h:5432/shop`, for any driver's name.

    Raises:
        ValueError: with the accepted form, and without any secret of the text.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError(f"it must have the form {FORM}") from None
    if url.get_backend_name() not in BACKENDS:
        raise ValueError(f"this service uses PostgreSQL: it must have the form {FORM}")
    if "@" in (url.host or ""):
        raise ValueError("a user or password with @ must be percent-encoded: write %40 for @")
    if not url.database:
        raise ValueError(f"the database name is missing: it must have the form {FORM}")
    if sslmode := url.query.get("sslmode"):
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    if unknown := sorted(url.query.keys() - PARAMETERS):
        accepted = ", ".join(sorted(PARAMETERS))
        raise ValueError(f"the parameter {unknown[0]} is unknown; accepted are {accepted}")
    return url.set(drivername=DRIVER)


def build_url(
    *, host: str | None, port: int | None, user: str | None, password: str | None, name: str | None
) -> URL:
    """Return the URL of its parts, which may contain any character."""
    return URL.create(DRIVER, username=user, password=password, host=host, port=port, database=name)
