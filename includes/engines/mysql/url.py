"""Database URLs: each usual spelling becomes a URL for asyncmy."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVER = "mysql+asyncmy"
BACKENDS = frozenset({"mariadb", "mysql"})
PARAMETERS = frozenset({"ssl_ca", "ssl_cert", "ssl_check_hostname", "ssl_key", "unix_socket"})
FORM = "mysql://USER:PASSWORD@HOST:PORT/NAME"


def parse_url(text: str) -> URL:
    """Return the URL of a text such as `mysql://u:p@h:3306/shop`, for any driver's name.

    Raises:
        ValueError: with the accepted form, and without any secret of the text.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError(f"it must have the form {FORM}") from None
    if url.get_backend_name() not in BACKENDS:
        raise ValueError(f"this service uses MySQL: it must have the form {FORM}")
    if "@" in (url.host or ""):
        raise ValueError("a user or password with @ must be percent-encoded: write %40 for @")
    if not url.database:
        raise ValueError(f"the database name is missing: it must have the form {FORM}")
    url = url.difference_update_query(["charset"])
    if unknown := sorted(url.query.keys() - PARAMETERS):
        accepted = ", ".join(sorted(PARAMETERS))
        raise ValueError(f"the parameter {unknown[0]} is unknown; accepted are {accepted}")
    return url.set(drivername=DRIVER)


def build_url(
    *, host: str | None, port: int | None, user: str | None, password: str | None, name: str | None
) -> URL:
    """Return the URL of its parts, which may contain any character."""
    return URL.create(DRIVER, username=user, password=password, host=host, port=port, database=name)
