"""The error codes of the server: SQLSTATE."""

from sqlalchemy.exc import DBAPIError

from app.core.errors import Violation

# https://www.postgresql.org/docs/current/errcodes-appendix.html
CONFLICTS = frozenset({"23001", "23503", "23505", "23P01"})
INVALID = frozenset(
    {"22000", "22001", "22003", "22007", "22008", "22021", "22P02", "22P05", "23514"}
)
UNAVAILABLE = frozenset(
    {"25006", "25P03", "25P04", "3D000", "40001", "40003", "40P01", "55P03", "57014"}
)
# Serialization failures and deadlocks: the server has rolled the transaction back.
RETRYABLE = frozenset({"40001", "40P01"})
FOREIGN_KEY = "23503"
VIOLATIONS = {
    "23001": Violation.REFERENCED,  # ON DELETE RESTRICT, since PostgreSQL 18
    "23505": Violation.DUPLICATE,
    "23514": Violation.CHECK,
}
# The server became a standby: a new connection may reach the new primary.
READ_ONLY = "25006"
UNAVAILABLE_CLASSES = ("08", "28", "53", "57P")


def code_of(error: DBAPIError) -> str:
    """Return the code of the server; an empty text if the error has none."""
    return getattr(error.orig, "sqlstate", None) or ""
