"""Questions to SQLite about its state."""

from sqlalchemy import literal, select

from app.core.config import Settings
from app.core.engine.reader import Reader


async def is_usable(primary: Reader, any_server: Reader, settings: Settings) -> bool:
    """Ask the database for an answer; a file that can be read is expected to accept writes."""
    ((answer,),) = await primary.rows(select(literal(True)))
    return answer
