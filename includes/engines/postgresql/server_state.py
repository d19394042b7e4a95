"""Questions to a PostgreSQL server about its state."""

from sqlalchemy import Select, func, literal, select, text

from app.core.config import Settings
from app.core.engine.reader import Reader

# With these, a URL may lead to a standby, which accepts no writes.
STANDBY_TARGETS = frozenset({"prefer-standby", "read-only", "standby"})
ACCEPTS_WRITES: Select[bool] = select(func.current_setting("transaction_read_only") == "off")

# The parameters of a URL that choose one of its hosts.
HOST_CHOICE = ("load_balance_hosts", "target_session_attrs")
POSITION = text("SELECT CAST(pg_current_wal_lsn() AS text)")
# Whether a replica has reached a position; NULL from a server that is no standby, such as one that
# has been promoted.
HAS_REACHED = (
    "CASE WHEN pg_is_in_recovery()"
    " THEN pg_last_wal_replay_lsn() >= CAST(CAST(:p{} AS text) AS pg_lsn) END"
)


def only_reads(settings: Settings) -> bool:
    """Return whether a database that accepts no writes is enough."""
    if settings.readiness_check is not None:
        return settings.readiness_check == "read"
    return settings.sqlalchemy_url.query.get("target_session_attrs") in STANDBY_TARGETS


async def is_usable(primary: Reader, any_server: Reader, settings: Settings) -> bool:
    """Ask the server whether it accepts what the service needs, in one round trip."""
    if only_reads(settings):
        ((answer,),) = await any_server.rows(select(literal(True)))
    else:
        ((answer,),) = await primary.rows(ACCEPTS_WRITES)
    return answer
