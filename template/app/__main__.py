"""The production server: `python -m app`."""

import uvicorn

from app.core.config import get_settings
from app.core.process.logging import configure_logging


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = get_settings()
    configure_logging(settings)
    uvicorn.run(
        "app.main:app",
        host=settings.host,
        port=settings.port,
        workers=settings.web_concurrency,
        timeout_graceful_shutdown=settings.shutdown_timeout,
        access_log=False,
        log_config=None,
        server_header=False,
    )


if __name__ == "__main__":
    main()
