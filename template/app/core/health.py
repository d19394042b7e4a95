"""Liveness: the process answers. Readiness: the database does too."""

import asyncio
from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlalchemy import text
from structlog import get_logger

from app.core.database import engine
from app.core.problems import problems

READINESS_TIMEOUT = 2.0

router = APIRouter(prefix="/health", tags=["health"])
logger = get_logger(__name__)


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/live")
async def live() -> Health:
    return Health()


@router.get("/ready", responses=problems(503))
async def ready() -> Health:
    try:
        async with asyncio.timeout(READINESS_TIMEOUT), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception as error:
        logger.warning("not ready", reason=repr(error))
        raise HTTPException(503, "The database does not answer.") from None
    return Health()
