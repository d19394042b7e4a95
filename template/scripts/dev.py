"""`uv run poe dev`: migrates the database, then serves and reloads on every change."""

import uvicorn
from alembic import command
from alembic.config import Config

from app.core.config import get_settings


def main() -> None:
    """Serve until Ctrl-C."""
    command.upgrade(Config("alembic.ini"), "head")
    settings = get_settings()
    uvicorn.run(
        "app.main:app",
        host=settings.host,
        port=settings.port,
        reload=True,
        reload_dirs=["app"],
        access_log=False,
    )


if __name__ == "__main__":
    main()
