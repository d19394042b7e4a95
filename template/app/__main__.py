"""The production server: `python -m app`."""

import gc

if __name__ == "__main__":
    # The imports make 100,000 objects and almost no garbage; collections during the start take a
    # fifteenth of its time. The lifespan of the app enables them.
    gc.disable()

import uvicorn

from app.core.config import get_settings
from app.core.feature_settings import check_feature_settings
from app.core.process.logging import configure_logging


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = get_settings()
    configure_logging(settings)
    check_feature_settings()  # a worker that ends would be started again and again
    if settings.web_concurrency > 1:
        gc.enable()  # this process starts the workers and has no lifespan
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
