"""Errors as problem details, https://www.rfc-editor.org/rfc/rfc9457."""

from collections.abc import Sequence
from http import HTTPMethod, HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match
from structlog import get_logger
from structlog.contextvars import get_contextvars

from app.core.engine import driver
from app.core.errors import ConflictError, DatabaseUnavailableError, NotFoundError
from app.core.http.feature_routes import FeatureRoutes

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "1"}

logger = get_logger(__name__)


class FieldError(BaseModel):
    """An invalid part of a request."""

    location: list[str | int] = Field(
        description="The path to the invalid value.", examples=[["body", "name"]]
    )
    type: str = Field(description="A stable key for the kind of error.", examples=["missing"])
    message: str = Field(description="The error in words.", examples=["Field required"])


class Problem(BaseModel):
    """The body of every response with a status of 400 or more (RFC 9457)."""

    type: str = Field(default="about:blank", description="Always `about:blank`: see `status`.")
    title: str = Field(description="The status in words.", examples=["Unprocessable Content"])
    status: int = Field(description="The HTTP status code.", examples=[422])
    detail: str | None = Field(default=None, description="The cause of this problem.")
    request_id: str | None = Field(default=None, description="The id of the request in the log.")
    errors: list[FieldError] | None = Field(
        default=None, description="The invalid parts of the request, with status 422."
    )


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the argument `responses` of a route, a router or an app for these error statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def problem_response(
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return the response for a problem; the client sees `detail` and `errors`."""
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=get_contextvars().get("request_id"),
        errors=list(errors) if errors is not None else None,
    )
    content = problem.model_dump_json(exclude_none=True)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = RETRY_AFTER | (headers or {})
    return Response(content, status, headers, media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Make `app` respond to every error with a problem."""

    @app.exception_handler(StarletteHTTPException)
    async def http_error(request: Request, error: StarletteHTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": ", ".join(_allowed_methods(request))}
        return problem_response(error.status_code, str(error.detail), headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid_request(request: Request, error: RequestValidationError) -> Response:
        errors = [
            FieldError(location=list(part["loc"]), type=part["type"], message=part["msg"])
            for part in error.errors()
        ]
        return problem_response(422, "The request is invalid.", errors=errors)

    @app.exception_handler(NotFoundError)
    async def not_found(request: Request, error: NotFoundError) -> Response:
        return problem_response(404, str(error))

    @app.exception_handler(ConflictError)
    async def conflict(request: Request, error: ConflictError) -> Response:
        return problem_response(409, str(error))

    @app.exception_handler(StaleDataError)
    async def stale(request: Request, error: StaleDataError) -> Response:
        return problem_response(409, "The row was changed or deleted by another request.")

    @app.exception_handler(DatabaseUnavailableError)
    @app.exception_handler(PoolTimeoutError)
    async def unavailable(request: Request, error: Exception) -> Response:
        logger.warning("database_unavailable", reason=repr(error.__cause__ or error))
        return problem_response(503, "The database is unavailable. Try again later.")

    @app.exception_handler(DBAPIError)
    async def database_error(request: Request, error: DBAPIError) -> Response:
        if error.connection_invalidated or driver.is_unavailable(error):
            return await unavailable(request, error)
        if driver.is_conflict(error):
            detail = driver.violation(error) or "The change conflicts with existing data."
            return problem_response(409, detail)
        if driver.is_invalid(error):
            detail = driver.violation(error) or "A value is out of range for the database."
            return problem_response(422, detail)
        raise error


def _allowed_methods(request: Request) -> list[str]:
    """Ask every route, since the framework's own answer lists the methods of the first one only."""
    scope, router = request.scope, request.app.router
    stack = router.middleware_stack
    # With many features, to ask all routes for each method is slow.
    routes = stack.routes_for(scope) if isinstance(stack, FeatureRoutes) else router.routes
    return sorted(
        method
        for method in HTTPMethod
        if any(r.matches({**scope, "method": method})[0] is Match.FULL for r in routes)
    )
