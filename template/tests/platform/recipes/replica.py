"""Reads from a replica: a reader like `CurrentReader`, for another server."""

from typing import Annotated

from fastapi import Depends
from pydantic import SecretStr

from app.core.config import get_settings, load_settings
from app.core.database import build_engine, build_reader
from app.core.engine.reader import Reader
from app.core.engine.settings import DatabaseSettings


class ReplicaSettings(DatabaseSettings):
    database_replica_url: SecretStr


replica_url = load_settings(ReplicaSettings).database_replica_url
settings = get_settings().model_copy(update={"database_url": replica_url})
replica = build_engine(settings)
replica_reader = build_reader(replica, settings)


async def get_replica_reader() -> Reader:
    """Dependency: a reader on the replica."""
    return replica_reader


CurrentReplicaReader = Annotated[Reader, Depends(get_replica_reader)]
