"""Errors of the data layer; `http/problems.py` turns each into an HTTP status."""


class NotFoundError(LookupError):
    """There is no such row; its text is shown to the client, with status 404."""


class InvalidCursorError(NotFoundError):
    """A cursor is made up, or belongs to a list with another order."""


class ConflictError(Exception):
    """The data does not allow a change; its text is shown to the client, with status 409."""


class DatabaseUnavailableError(Exception):
    """The database is unreachable, does not respond in time or is shutting down."""


class ReadOnlyError(RuntimeError):
    """A reader or a read-only session was used to write."""
