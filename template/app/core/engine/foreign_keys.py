"""The direction of a violated foreign key, which the error code does not tell."""

from sqlalchemy.exc import DBAPIError

from app.core.errors import Violation


def foreign_key_violation(error: DBAPIError) -> Violation | None:
    """Return whether a referenced row is missing, or the row is still referenced.

    The kind of the statement decides, since messages may be translated; None for a check at the
    commit, which has no statement.
    """
    words = (error.statement or "").split(maxsplit=1)
    if not words:
        return None
    return Violation.REFERENCED if words[0].upper() == "DELETE" else Violation.MISSING
