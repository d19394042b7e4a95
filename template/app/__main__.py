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
        # A new process responds after its imports, which take long on a slow processor.
        timeout_worker_healthcheck=60,
        timeout_keep_alive=settings.keep_alive_timeout,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=settings.shutdown_timeout,
        access_log=False,
        log_config=None,
        server_header=False,
    )


if __name__ == "__main__":
    main()
