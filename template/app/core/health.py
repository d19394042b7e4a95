"""Liveness: the process answers. Readiness: it wants requests, and its database answers too."""

import asyncio
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import literal, select
from structlog import get_logger

from app.core.database import reader
from app.core.problems import problems

READINESS_TIMEOUT = 2.0

router = APIRouter(prefix="/health", tags=["health"])
logger = get_logger(__name__)


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness:
    """What the process knows of its own readiness."""

    def __init__(self) -> None:
        self.stopping = False
        self._probe: asyncio.Task[bool] | None = None

    async def database_answers(self) -> bool:
        """Ask the database once for all who want to know at the same time.

        However many probes come in, they take one connection of the pool.
        """
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._ask())
        return await asyncio.shield(self._probe)

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(READINESS_TIMEOUT):
                await reader.rows(select(literal(1)))
        except Exception as error:
            logger.warning("not ready", reason=repr(error))
            return False
        return True


readiness = Readiness()


@router.get("/live")
async def live() -> Health:
    return Health()


@router.get("/ready", responses=problems(503))
async def ready() -> Health:
    if readiness.stopping:
        raise HTTPException(503, "The process is stopping.")
    if not await readiness.database_answers():
        raise HTTPException(503, "The database does not answer.")
    return Health()
