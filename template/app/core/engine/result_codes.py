"""The result codes of the library."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from app.core.errors import Violation

# https://www.sqlite.org/rescode.html; the primary code is the lowest byte.
VIOLATIONS = {
    sqlite3.SQLITE_CONSTRAINT_CHECK: Violation.CHECK,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Violation.DUPLICATE,
    sqlite3.SQLITE_CONSTRAINT_ROWID: Violation.DUPLICATE,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: Violation.DUPLICATE,
}
CHECKS = frozenset({sqlite3.SQLITE_CONSTRAINT_CHECK})
# ON DELETE RESTRICT has the code of triggers, and this message.
FOREIGN_KEY = "FOREIGN KEY constraint failed"
CONFLICTS = VIOLATIONS.keys() - CHECKS | {sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY}
INVALID = CHECKS | {sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def code_of(error: DBAPIError) -> int:
    """Return the code of the library; 0 if the error has none."""
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code
