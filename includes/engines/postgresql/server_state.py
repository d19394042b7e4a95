"""Questions to a PostgreSQL server about its state."""

from sqlalchemy import Select, func, literal, select

from app.core.config import Settings
from app.core.engine.reader import Reader

# With these, a URL may lead to a standby, which accepts no writes.
STANDBY_TARGETS = frozenset({"prefer-standby", "read-only", "standby"})
ACCEPTS_WRITES: Select[bool] = select(func.current_setting("transaction_read_only") == "off")


def only_reads(settings: Settings) -> bool:
    """Return whether a database that accepts no writes is enough."""
    if settings.readiness_check is not None:
        return settings.readiness_check == "read"
    return settings.sqlalchemy_url.query.get("target_session_attrs") in STANDBY_TARGETS


async def is_usable(reader: Reader, settings: Settings) -> bool:
    """Ask the server whether it accepts what the service needs, in one round trip."""
    statement = select(literal(True)) if only_reads(settings) else ACCEPTS_WRITES
    ((answer,),) = await reader.rows(statement)
    return answer
