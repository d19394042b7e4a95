"""The error codes of the server and of the driver."""

from asyncmy.errors import InternalError

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
# The server ends a connection whose packets it cannot read.
PACKETS = frozenset({1152, *range(1154, 1162), 1184})
UNAVAILABLE = frozenset(
    {1021, 1037, 1040, 1041, 1044, 1045, 1047, 1049, 1053, 1114, 1129, 1203, 1205, 1213, 1226}
    | {1290, 1317, 1792, 1836, 1927, 1969, 2003, 2006, 2013, 2014, 2055, 3024, 3101, 3572, 4031}
    | {1020}  # MariaDB: another transaction has changed the row
    | PACKETS
    # The commit failed; a hook of replication; not available; the state of a member of a group.
    | {1180, 3100, 3168, *range(3796, 3800)}
    | {3032, 6400}  # the server is in offline mode
    # TiDB: the transaction has to begin again, or the server is busy.
    | {8002, 8005, 8022, 8027, 8028, 8055, 8120, 8229, 8251, 8252}
    # TiDB: a part of the cluster does not answer, or is busy. ProxySQL: no server answers.
    | {*range(9001, 9021)}
)
# A conflict has rolled the transaction back: a changed row (MariaDB), a deadlock, a failed
# certification, and those of TiDB, https://docs.pingcap.com/tidb/stable/error-codes/
RETRYABLE = frozenset({1020, 1213, 3101, 8002, 8005, 8022, 8028, 9007})
# Texts of Vitess with the code 1105 (unknown error) while a shard has no primary.
UNKNOWN = 1105
AWAY = ("code = Unavailable", "code = CLUSTER_EVENT", "not serving", "no healthy tablet", "VT1400")
# The server accepts no writes, or no statements: a new connection may reach another server.
READ_ONLY = frozenset({1290, 1792, 1836})
LEAVE = READ_ONLY | PACKETS | {1047, 3032, 3168, 6400}


def code_of(error: BaseException) -> int:
    """Return the code of the server or of the driver; 0 if the error has none."""
    arguments = getattr(getattr(error, "orig", error), "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0


def may_pass(error: BaseException) -> bool:
    """Return whether the cause of an error of the driver is outside of the statement."""
    code, text = code_of(error), str(error)
    return code in UNAVAILABLE or (code == UNKNOWN and any(word in text for word in AWAY))


def ends_connection(error: BaseException) -> bool:
    """Return whether the connection of an error cannot be used any more.

    The driver's own InternalError has no code: the packets do not have the expected order.
    """
    return code_of(error) in LEAVE or (isinstance(error, InternalError) and not code_of(error))


def is_rolled_back(error: BaseException) -> bool:
    """Return whether a conflict with another transaction has rolled the whole transaction back."""
    code = code_of(error)
    # A deadlock ends its savepoint too, so the error of the savepoint comes after it.
    if code == 1305 and error.__context__ is not None:
        return is_rolled_back(error.__context__)
    at_commit = code == 1180 and "error 149 " in str(error)
    return at_commit or code in RETRYABLE
