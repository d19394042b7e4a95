"""The application: `uvicorn app.main:app` serves it."""

from fastapi import FastAPI

from app.core.config import get_settings
from app.core.discovery import feature_routers, later_routers, readiness_checks
from app.core.feature_settings import check_feature_settings
from app.core.http import health
from app.core.http.feature_routes import FeatureRoutes
from app.core.http.middleware import (
    BodyLimitMiddleware,
    ProblemCORSMiddleware,
    RequestContextMiddleware,
    UnhandledErrorMiddleware,
)
from app.core.http.openapi import extend_openapi, operation_id, project_metadata, tags
from app.core.http.problems import add_problem_handlers, problem_responses
from app.core.http.proxy import AllowedHostsMiddleware, RootPathMiddleware
from app.core.process.lifespan import lifespan
from app.core.process.logging import configure_logging
from app.core.process.telemetry import telemetry_config


def create_app() -> FastAPI:
    """Build the application from the settings and the features."""
    settings = get_settings()
    configure_logging(settings)
    check_feature_settings()
    health.readiness.checks = readiness_checks()
    project = project_metadata()
    versions = {1: feature_routers()} | later_routers()
    routers = [router for found in versions.values() for router in found]
    app = FastAPI(
        title=settings.project_name,
        version=project["version"],
        description=project.get("description", ""),
        openapi_url="/openapi.json" if settings.shows_docs else None,
        servers=[{"url": settings.root_path or "/"}],
        openapi_tags=tags(routers),
        generate_unique_id_function=operation_id,
        responses=problem_responses(400, 413, 422, 500, 503),
        lifespan=lifespan,
        telemetry=telemetry_config(
            name=project["name"],
            version=project["version"],
            environment=settings.environment,
        ),
    )
    add_problem_handlers(app)
    extend_openapi(app, authors=project.get("authors", []))
    # The middleware that is added last is the outermost.
    app.add_middleware(BodyLimitMiddleware, max_bytes=settings.request_body_limit)
    app.add_middleware(UnhandledErrorMiddleware)
    if settings.cors_origins:
        app.add_middleware(
            ProblemCORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Deprecation", "Link", "Location", "Sunset", "X-Request-ID"],
        )
    if settings.root_path:
        app.add_middleware(RootPathMiddleware, root_path=settings.root_path)
    if settings.allowed_hosts:
        app.add_middleware(AllowedHostsMiddleware, hosts=settings.allowed_hosts)
    app.add_middleware(RequestContextMiddleware)
    features = FeatureRoutes(app.router)
    for version, found in versions.items():
        for router in found:
            features.include(router, prefix=f"/api/v{version}")
    app.include_router(health.router)
    return app


app = create_app()
