"""INSERT by an entity, since MySQL has no INSERT … RETURNING."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Base


class InsertRow:
    """Inserts rows of one model; the values that the model fills in are readable at once."""

    def __init__(self, model: type[Base]) -> None:
        self._model = model

    async def __call__(self, session: AsyncSession, values: dict[str, Any]) -> object:
        """Insert a row; return an object whose attributes are its values."""
        instance = self._model(**values)
        session.add(instance)
        await session.flush()
        return instance
