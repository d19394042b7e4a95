"""Questions to a MySQL or MariaDB server about its state."""

from sqlalchemy import Boolean, Select, literal, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from app.core.config import Settings
from app.core.engine import driver
from app.core.engine.primary import QUESTIONS, WRITABLE
from app.core.engine.reader import Reader

# The parameters of a URL that choose one of its hosts.
HOST_CHOICE = ()
# NULL from a server that is not the primary, and nothing without GTIDs.
POSITION = text(
    f"SELECT CASE WHEN {WRITABLE} THEN"
    " /*!80000 @@global.gtid_executed */ /*M!100000 @@global.gtid_binlog_pos */ END"
)
# Whether a replica has reached a position.
HAS_REACHED = (
    "/*!80000 GTID_SUBSET(:p{0}, @@global.gtid_executed) */"
    "/*M!100000 MASTER_GTID_WAIT(:p{0}, 0) = 0 */"
)


def _ask(condition: str) -> Select[bool]:
    # Proxies that send reads to replicas send FOR UPDATE to the primary.
    return select(literal_column(condition, Boolean)).with_for_update()


# The second question is for users without the right to read the table of the group.
_questions = [*map(_ask, QUESTIONS)]


def only_reads(settings: Settings) -> bool:
    """Return whether a database that accepts no writes is enough."""
    return settings.readiness_check == "read"


async def is_usable(primary: Reader, any_server: Reader, settings: Settings) -> bool:
    """Ask the server whether it accepts what the service needs, in one round trip."""
    if only_reads(settings):
        ((answer,),) = await any_server.rows(select(literal(True)))
        return answer
    try:
        ((answer,),) = await primary.rows(_questions[0])
    except DBAPIError as error:
        if len(_questions) == 1 or error.connection_invalidated or driver.is_unavailable(error):
            raise
        del _questions[0]
        return await is_usable(primary, any_server, settings)
    return bool(answer)
