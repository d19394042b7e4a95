"""Reads from a replica: a reader like `CurrentReader`, on another server."""

from typing import Annotated

from fastapi import Depends
from pydantic import SecretStr

from app.core.config import DatabaseSettings, get_settings, load
from app.core.database import build_engine
from app.core.reader import Reader


class ReplicaSettings(DatabaseSettings):
    database_replica_url: SecretStr


replica = build_engine(
    get_settings().model_copy(update={"database_url": load(ReplicaSettings).database_replica_url})
)
replica_reader = Reader(replica)


async def _replica_reader() -> Reader:
    return replica_reader


CurrentReplicaReader = Annotated[Reader, Depends(_replica_reader)]
