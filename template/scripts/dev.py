"""The development server: `uv run poe dev` applies pending migrations and serves with reload.

A revision that is made while it runs is not applied: it should be read first. Until then each
request gets a 503 that names the command.
"""

import logging

import uvicorn
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import String, column, select, table
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog import get_logger

from app.core.config import get_settings
from app.core.database import reader
from app.core.http.problems import problem_response
from app.core.process.logging import configure_logging

PENDING = "Revisions are pending: run `uv run poe migrate`."

logger = get_logger(__name__)


class RefusePending:
    """Refuses requests while the database lacks revisions, instead of failing in a statement.

    The revisions are those of the start: a new one reloads the process.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.heads = set(ScriptDirectory.from_config(Config("alembic.ini")).get_heads())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 503."""
        if scope["type"] == "websocket" or not await self._is_pending():
            await self.app(scope, receive, send)
            return
        logger.warning("migrations_pending", run="uv run poe migrate")
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        await problem_response(503, PENDING)(scope, receive, send)

    async def _is_pending(self) -> bool:
        if not self.heads:
            return False
        versions = select(column("version_num", String)).select_from(table("alembic_version"))
        try:
            current = {version for (version,) in await reader.rows(versions)}
        except Exception:
            return False  # the app itself reports a database that does not respond
        if current == self.heads:
            self.heads = set()
        return bool(self.heads)


def create_app() -> ASGIApp:
    """Return the app of the development server."""
    from app.main import app

    return RefusePending(app)


def main() -> None:
    """Serve until Ctrl-C."""
    settings = get_settings()
    configure_logging(settings)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    command.upgrade(Config("alembic.ini"), "head")
    uvicorn.run(
        "scripts.dev:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        reload=True,
        reload_dirs=["app", "migrations"],
        access_log=False,
        log_config=None,
    )


if __name__ == "__main__":
    main()
