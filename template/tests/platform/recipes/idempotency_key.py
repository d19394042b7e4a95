"""The keys of requests that were answered, with their answers."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import session_scope
from app.models.types import utc_now
from tests.platform.recipes.models import Base


class IdempotencyKey(Base, kw_only=True):
    __tablename__ = "idempotency_key"

    caller: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    created_at: Mapped[datetime] = mapped_column(insert_default=utc_now, init=False, index=True)


async def delete_old_keys(age: timedelta) -> None:
    """Delete the keys that are older than `age`; a request with such a key would run again."""
    async with session_scope() as session:
        await session.execute(
            delete(IdempotencyKey).where(IdempotencyKey.created_at < utc_now() - age)
        )
