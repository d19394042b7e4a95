"""Errors of the data layer; `http/problems.py` turns each into an HTTP status."""


class NotFoundError(LookupError):
    """The row does not exist; the client gets the text of the error, with status 404."""


class InvalidCursorError(NotFoundError):
    """A cursor is invalid, or belongs to a list with another order."""


class ConflictError(Exception):
    """The data does not allow a change; the client gets the text, with status 409."""


class DatabaseUnavailableError(Exception):
    """The database is unreachable, does not respond in time or is shutting down."""


class ReadOnlyError(RuntimeError):
    """A reader or a read-only session was used to write."""
