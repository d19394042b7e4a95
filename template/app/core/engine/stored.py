"""The values that the database stores for a row."""

from collections.abc import Mapping, Set
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Base


def defaulted(columns: Mapping[str, Any]) -> set[str]:
    """Return the columns that get their default instead of None, as in entities."""
    return {
        name
        for name, column in columns.items()
        if (getattr(column, "default", None) or getattr(column, "server_default", None))
        and not column.type.should_evaluate_none
    }


async def flush_entity(session: AsyncSession, entity: Base, columns: Set[str]) -> None:
    """Send the changes of an entity, and load the columns that the database fills in.

    Args:
        session: the session of the entity.
        entity: the entity.
        columns: the attributes of its columns.
    """
    await session.flush()
    if names := inspect(entity).unloaded & columns:
        await session.refresh(entity, names)
