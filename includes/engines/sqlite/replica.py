"""Reads that may show data of a moment ago: SQLite has no replicas, so they read the file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.database import CurrentReader, reader
from app.core.engine.reader import Reader

replica_engines: list[AsyncEngine] = []

CurrentReplicaReader = CurrentReader


async def replica_reader() -> Reader:
    """Return the reader of `CurrentReplicaReader` for code outside of requests."""
    return reader


@asynccontextmanager
async def replicas_checked() -> AsyncIterator[None]:
    """Do nothing while the block runs."""
    yield
