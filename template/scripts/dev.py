"""The development server: `uv run poe dev` applies pending migrations and serves with reload."""

import logging

import uvicorn
from alembic import command
from alembic.config import Config

from app.core.config import get_settings
from app.core.process.logging import configure_logging


def main() -> None:
    """Serve until Ctrl-C."""
    settings = get_settings()
    configure_logging(settings)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    command.upgrade(Config("alembic.ini"), "head")
    uvicorn.run(
        "app.main:app",
        host=settings.host,
        port=settings.port,
        reload=True,
        reload_dirs=["app"],
        access_log=False,
        log_config=None,
    )


if __name__ == "__main__":
    main()
