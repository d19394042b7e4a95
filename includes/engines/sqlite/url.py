"""Database URLs: each usual spelling becomes a URL for aiosqlite."""

import sqlite3

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVER = "sqlite+aiosqlite"
BACKENDS = frozenset({"sqlite"})
# All connections of a process share this database; each has its own transaction.
MEMORY = URL.create(DRIVER, database="file:/memory", query={"uri": "true", "vfs": "memdb"})
FORM = "sqlite:///PATH"

_kept: dict[str, sqlite3.Connection] = {}


def parse_url(text: str) -> URL:
    """Return the URL of a text such as `sqlite:///shop.db`, for any driver's name.

    Raises:
        ValueError: with the accepted form, and without any secret of the text.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError(f"it must have the form {FORM}") from None
    if url.get_backend_name() not in BACKENDS:
        raise ValueError(f"this service uses SQLite: it must have the form {FORM}")
    if url.host or url.username:
        raise ValueError(
            f"it must have the form {FORM}: three slashes before a relative path, four before an "
            "absolute one"
        )
    if url.database in {None, "", ":memory:"} or url.query == MEMORY.query:
        return MEMORY
    if url.query:
        raise ValueError(f"the parameter {min(url.query)} is unknown; none is accepted")
    return url.set(drivername=DRIVER)


def build_url(name: str) -> URL:
    """Return the URL of a file's path, which may contain any character."""
    return MEMORY if name == ":memory:" else URL.create(DRIVER, database=name)


def is_in_memory(url: URL) -> bool:
    """Return whether the database of `url` is in memory, and deleted when the process ends."""
    return url == MEMORY


def keep_in_memory(url: URL) -> None:
    """Keep a database in memory, which is deleted with its last connection."""
    name = f"{url.database}?vfs=memdb"
    if name not in _kept:
        _kept[name] = sqlite3.connect(name, uri=True, check_same_thread=False)
