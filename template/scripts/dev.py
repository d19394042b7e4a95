"""The development server: `uv run poe dev` applies pending migrations and serves with reload.

The pages `/docs` and `/redoc` need no network: their scripts come from this server.
A revision that is made while it runs is not applied: it should be read first. Until then each
request gets a 503 that names the command.
"""

import logging
import socket
import sys

import uvicorn
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from sqlalchemy import String, column, select, table
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger

from app.core.config import Settings, get_settings
from app.core.database import reader
from app.core.http.problems import problem_response
from app.core.process.logging import configure_logging

# `poe doctor` recognizes the service by it.
LIVENESS = "/health/live"
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
        is_served = scope["type"] == "websocket" or scope.get("path") == LIVENESS
        if is_served or not await self._is_pending():
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


class PrintWhenReady:
    """Prints a line when the app has started, also after a reload."""

    def __init__(self, app: ASGIApp, line: str) -> None:
        self.app = app
        self.line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, and print the line after the startup."""

        async def send_and_print(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                print(self.line, flush=True)

        await self.app(scope, receive, send_and_print if scope["type"] == "lifespan" else send)


def address(settings: Settings) -> str:
    """Return the URL of the service for a browser on this machine."""
    host = settings.host
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not used
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def check_port(settings: Settings) -> None:
    """Check that the server can listen.

    Raises:
        SystemExit: when another process uses the port, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        sys.exit(
            f"{address(settings)} cannot be used: {error.strerror}. Stop the other process, or use "
            f"another port: PORT={settings.port % 65535 + 1} uv run poe dev"
        )


def offline_docs(app: FastAPI) -> list[BaseRoute]:
    """Return routes for `/docs` and `/redoc` that load nothing from the network."""
    if app.openapi_url is None:
        return []
    offline = FastAPIOffline(
        title=app.title,
        docs_url=app.docs_url,
        redoc_url=app.redoc_url,
        openapi_url=app.openapi_url,
        swagger_ui_parameters=app.swagger_ui_parameters,
    )
    return [route for route in offline.routes if getattr(route, "path", "") != app.openapi_url]


def create_app() -> ASGIApp:
    """Return the app of the development server."""
    from app.main import app

    app.router.routes[:0] = offline_docs(app)
    path = app.docs_url if app.openapi_url else ""
    return PrintWhenReady(RefusePending(app), f"Ready: {address(get_settings())}{path}")


def main() -> None:
    """Serve until Ctrl-C."""
    if sys.argv[1:]:
        sys.exit("poe dev has no arguments. The port is a setting: PORT=8001 uv run poe dev")
    settings = get_settings()
    configure_logging(settings)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    check_port(settings)
    print("Applying migrations ...", flush=True)
    command.upgrade(Config("alembic.ini"), "head")
    print("Starting the server ...", flush=True)
    uvicorn.run(
        "scripts.dev:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        reload=True,
        reload_dirs=["app", "migrations"],
        access_log=False,
        log_config=None,
        log_level="warning",
        # An open stream would otherwise delay Ctrl-C and a reload until its client leaves.
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
