"""Liveness: the process responds. Readiness: it, its database and its features accept requests."""

import asyncio
from typing import Literal, cast

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel
from structlog import get_logger

from app.core.config import get_settings
from app.core.database import engine, reader
from app.core.discovery import ReadinessCheck
from app.core.engine.pool import FairQueuePool
from app.core.engine.server_state import is_usable
from app.core.errors import DatabaseUnavailableError
from app.core.replica import replica_reader

READINESS_TIMEOUT = 2.0

# For load balancers and orchestrators, not for clients, so it is not in the OpenAPI document.
router = APIRouter(prefix="/health", include_in_schema=False)
PROBES = frozenset({"/health/live", "/health/ready"})
logger = get_logger(__name__)


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness:
    """The readiness of this process.

    Attributes:
        stopping: whether the process shuts down.
        checks: the checks of the features, by the name of the feature.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.checks: dict[str, ReadinessCheck] = {}
        self._probe: asyncio.Task[str | None] | None = None

    async def problem(self, request: Request) -> str | None:
        """Return the reason why requests cannot be served; None if they can.

        Concurrent calls share one query and so one connection, and one call of each check.
        """
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._ask(request))
        return await asyncio.shield(self._probe)

    async def _ask(self, request: Request) -> str | None:
        checks = (self._ask_feature(*item, request) for item in self.checks.items())
        problems = await asyncio.gather(self._ask_database(), *checks)
        return next(filter(None, problems), None)

    async def _ask_feature(
        self, feature: str, check: ReadinessCheck, request: Request
    ) -> str | None:
        try:
            async with asyncio.timeout(READINESS_TIMEOUT):
                reason = await check(request)
        except Exception as error:
            reason = repr(error)
        if reason is None:
            return None
        logger.warning("readiness_failed", feature=feature, reason=reason)
        return f"The feature {feature} is not ready."

    async def _ask_database(self) -> str | None:
        try:
            async with asyncio.timeout(READINESS_TIMEOUT):
                if await is_usable(reader, await replica_reader(), get_settings()):
                    return None
        except Exception as error:
            cause = error.__cause__ if isinstance(error, DatabaseUnavailableError) else None
            logger.warning("readiness_failed", reason=repr(cause or error))
            return "The database does not respond."
        # Without requests no write would fail, and so replace connections to a former primary.
        cast(FairQueuePool, engine.pool).renew()
        logger.warning("readiness_failed", reason="the database accepts no writes")
        return "The database accepts no writes."


readiness = Readiness()


@router.get("/live")
async def live() -> Health:
    return Health()


@router.get("/ready")
async def ready(request: Request) -> Health:
    if readiness.stopping:
        raise HTTPException(503, "The service is shutting down.")
    if problem := await readiness.problem(request):
        raise HTTPException(503, problem)
    return Health()
