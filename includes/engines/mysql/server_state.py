"""Questions to a MySQL or MariaDB server about its state."""

from sqlalchemy import Boolean, Select, literal, literal_column, select
from sqlalchemy.exc import DBAPIError

from app.core.config import Settings
from app.core.engine import driver
from app.core.engine.reader import Reader

# MariaDB 12 has words for values; MySQL runs the comments with !, MariaDB those with M!.
WRITABLE = (
    "CONCAT(@@global.read_only) IN ('0', 'OFF')"
    " /*!80000 AND NOT @@session.transaction_read_only */"
    " /*M!100000 AND NOT @@session.tx_read_only */"
)
# A member of Group Replication that has lost the majority still accepts statements, and then waits.
HAS_MAJORITY = """
    /*!80000 AND NOT EXISTS (
        SELECT 1 FROM performance_schema.replication_group_members
        HAVING SUM(member_state = 'UNREACHABLE') * 2 >= COUNT(*)
    ) */
"""


def _ask(condition: str) -> Select[bool]:
    # Proxies that send reads to replicas send FOR UPDATE to the primary.
    return select(literal_column(condition, Boolean)).with_for_update()


# The next one is used where a user may not read the table of the group, or there is none.
_questions = [_ask(f"{WRITABLE}{HAS_MAJORITY}"), _ask(WRITABLE)]


def only_reads(settings: Settings) -> bool:
    """Return whether a database that accepts no writes is enough."""
    return settings.readiness_check == "read"


async def is_usable(reader: Reader, settings: Settings) -> bool:
    """Ask the server whether it accepts what the service needs, in one round trip."""
    if only_reads(settings):
        ((answer,),) = await reader.rows(select(literal(True)))
        return answer
    try:
        ((answer,),) = await reader.rows(_questions[0])
    except DBAPIError as error:
        if len(_questions) == 1 or error.connection_invalidated or driver.is_unavailable(error):
            raise
        del _questions[0]
        return await is_usable(reader, settings)
    return bool(answer)
