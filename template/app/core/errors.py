"""Errors that several layers know; each becomes one HTTP status in `problems.py`."""


class DatabaseUnavailableError(Exception):
    """The database can't be reached, does not answer in time or is going away."""


class ReadOnlySessionError(RuntimeError):
    """A session that was made for reading was asked to write."""
