"""The application: `uvicorn app.main:app` serves it."""

from fastapi import FastAPI

from app.core import health
from app.core.config import get_settings
from app.core.discovery import feature_routers
from app.core.lifecycle import lifespan
from app.core.logging import configure_logging
from app.core.middleware import (
    LastResortMiddleware,
    ProblemCORSMiddleware,
    RequestMiddleware,
)
from app.core.problems import add_problem_handlers, problems


def create_app() -> FastAPI:
    """Put the service together."""
    settings = get_settings()
    configure_logging(settings)
    app = FastAPI(
        title=settings.project_name,
        lifespan=lifespan,
        responses=problems(400, 413, 422, 500, 503),
    )
    add_problem_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(LastResortMiddleware, body_limit=settings.request_body_limit)
    if settings.cors_origins:
        app.add_middleware(
            ProblemCORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID"],
        )
    app.add_middleware(RequestMiddleware)
    for router in feature_routers():
        app.include_router(router, prefix="/api/v1")
    app.include_router(health.router)
    return app


app = create_app()
