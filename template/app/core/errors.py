"""Errors of the data layer; `http/problems.py` turns each into an HTTP status."""

from enum import StrEnum


class NotFoundError(LookupError):
    """The row does not exist; the client gets the text of the error, with status 404."""


class InvalidCursorError(NotFoundError):
    """A cursor is invalid, or belongs to a list with another order."""


class ConflictError(Exception):
    """The data does not allow a change; the client gets the text, with status 409."""


class Violation(StrEnum):
    """A rule of the database that a change violates, in the words that the client gets."""

    DUPLICATE = "A row with the same unique value already exists."
    MISSING = "A referenced row does not exist."
    REFERENCED = "The row is still referenced."
    CHECK = "A value violates a rule of the database."


class DatabaseUnavailableError(Exception):
    """The database is unreachable, does not respond in time or is shutting down."""


class ReadOnlyError(RuntimeError):
    """A reader or a read-only session was used to write."""


class SecondConnectionError(Exception):
    """A request that holds a connection asked the pool for a second one."""


class MigrationLockError(Exception):
    """The lock that lets one process at a time migrate cannot be had, or is lost."""
