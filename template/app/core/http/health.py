"""Liveness: the process responds. Readiness: it accepts requests, and its database responds."""

import asyncio
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import literal, select
from structlog import get_logger

from app.core.database import reader

READINESS_TIMEOUT = 2.0

# For load balancers and orchestrators, not for clients, so it is not in the OpenAPI document.
router = APIRouter(prefix="/health", include_in_schema=False)
PROBES = frozenset({"/health/live", "/health/ready"})
logger = get_logger(__name__)


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness:
    """The readiness of this process."""

    def __init__(self) -> None:
        self.stopping = False
        self._probe: asyncio.Task[bool] | None = None

    async def database_responds(self) -> bool:
        """Ask the database; concurrent calls share one query and so one connection."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._ask())
        return await asyncio.shield(self._probe)

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(READINESS_TIMEOUT):
                await reader.rows(select(literal(1)))
        except Exception as error:
            logger.warning("readiness_failed", reason=repr(error))
            return False
        return True


readiness = Readiness()


@router.get("/live")
async def live() -> Health:
    return Health()


@router.get("/ready")
async def ready() -> Health:
    if readiness.stopping:
        raise HTTPException(503, "The service is shutting down.")
    if not await readiness.database_responds():
        raise HTTPException(503, "The database does not respond.")
    return Health()
