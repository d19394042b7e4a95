"""SQLAlchemy's dialect, also for databases that speak PostgreSQL's protocol."""

from contextlib import suppress
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

# The version text of CockroachDB has no version of PostgreSQL.
COMPATIBLE_VERSION = (15,)


class Dialect(PGDialect_asyncpg):
    """The dialect of asyncpg, which also accepts CockroachDB."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Connection) -> tuple[int, ...]:
        version: tuple[int, ...] = COMPATIBLE_VERSION
        with suppress(AssertionError):
            version = super()._get_server_version_info(connection)  # type: ignore[no-untyped-call]
        return version

    async def setup_asyncpg_json_codec(self, conn: Any) -> None:
        """Let values of `json` become objects; CockroachDB has `jsonb` only, under both names."""
        with suppress(ValueError):
            await super().setup_asyncpg_json_codec(conn)  # type: ignore[no-untyped-call]
