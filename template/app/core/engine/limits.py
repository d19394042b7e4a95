"""A check of the server's connection limits against the pools' settings."""

from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog import get_logger

from app.core.config import Settings
from app.core.engine.addresses import addresses

logger = get_logger(__name__)


def connections_for_checks(settings: Settings) -> int:
    """Return the number of connections that a process has to a server beside its pool.

    With several hosts, each engine asks the host that it uses whether it answers. With replicas,
    each server is asked for its position.
    """
    several = int(len(addresses(settings.sqlalchemy_url)) > 1)
    positions = int(settings.database_replica_url is not None)
    return several + positions * (1 + several)


async def warn_about_limits(
    engine: AsyncEngine,
    settings: Settings,
    *,
    connections: TextClause,
    idle_timeout: TextClause,
    behind_pooler: bool = False,
) -> None:
    """Warn when all pools together may open too many connections, or keep them idle for too long.

    An unavailable database does not stop the start; readiness fails until it is available.

    Args:
        engine: the engine for the queries.
        settings: the settings of this process.
        connections: selects the maximum number of connections; 0: no limit.
        idle_timeout: selects the seconds after which the server closes idle connections; 0: never.
        behind_pooler: whether a pooler has the connections of the server, so that they are not
            those of this process.
    """
    try:
        async with engine.connect() as connection:
            limit = (await connection.execute(connections)).scalar_one()
            seconds = (await connection.execute(idle_timeout)).scalar_one()
    except Exception as error:
        logger.warning("database_unavailable_at_start", reason=repr(error.__cause__ or error))
        return
    if behind_pooler:
        return
    pool = settings.database_pool_size + settings.database_max_overflow
    per_worker = pool + connections_for_checks(settings)
    wanted = settings.service_replicas * settings.web_concurrency * per_worker
    if 0 < limit < wanted:
        logger.warning(
            "connection_limit_exceeded",
            service_replicas=settings.service_replicas,
            workers=settings.web_concurrency,
            connections_per_worker=per_worker,
            wanted=wanted,
            server_limit=limit,
        )
    if 0 < seconds <= settings.database_pool_recycle:
        logger.warning(
            "idle_timeout_shorter_than_pool_recycle",
            pool_recycle=settings.database_pool_recycle,
            server_idle_timeout=seconds,
        )
