"""Reads from a replica: sessions like `CurrentSession`, on another server."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.core.config import DatabaseSettings, get_settings, load
from app.core.database import ReadSession, build_engine, reading


class ReplicaSettings(DatabaseSettings):
    database_replica_url: SecretStr


replica = build_engine(
    get_settings().model_copy(update={"database_url": load(ReplicaSettings).database_replica_url})
)
replica_session_factory = async_sessionmaker(
    reading(replica), class_=ReadSession, autoflush=False, expire_on_commit=False
)


async def _replica_session() -> AsyncGenerator[ReadSession]:
    async with replica_session_factory() as session:
        yield session


CurrentReplicaSession = Annotated[ReadSession, Depends(_replica_session, scope="function")]
