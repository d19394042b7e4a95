"""The error codes of the server and of the driver."""

from sqlalchemy.exc import DBAPIError

from app.core.errors import Violation

# https://dev.mysql.com/doc/mysql-errors/9.4/en/
CONFLICTS = frozenset({1062, 1216, 1217, 1451, 1452, 1761, 1762})
INVALID = frozenset({1264, 1265, 1267, 1292, 1366, 1406, 1690, 3140, 3819, 3988, 4025})
VIOLATIONS = (
    {1062: Violation.DUPLICATE}
    | dict.fromkeys((1216, 1452), Violation.MISSING)
    | dict.fromkeys((1217, 1451), Violation.REFERENCED)
    | dict.fromkeys((3819, 4025), Violation.CHECK)  # of MySQL and of MariaDB
)
UNAVAILABLE = frozenset(
    {1021, 1037, 1040, 1041, 1044, 1045, 1047, 1049, 1053, 1114, 1129, 1203, 1205, 1213, 1226}
    | {1290, 1317, 1792, 1836, 1927, 1969, 2003, 2006, 2013, 2014, 2055, 3024, 3101, 3572, 4031}
)
# The server became a replica: a new connection may reach the new primary.
READ_ONLY = frozenset({1290, 1792, 1836})


def code_of(error: DBAPIError) -> int:
    """Return the code of the server or of the driver; 0 if the error has none."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0
