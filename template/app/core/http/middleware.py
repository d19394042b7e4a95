"""Middleware (pure ASGI): request id, access log, CORS, unhandled errors, body limit."""

import asyncio
import re
from collections.abc import Callable
from os import urandom
from time import perf_counter
from typing import Any, TypeVar

from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger
from structlog.contextvars import bind_contextvars

from app.core.engine.request_connections import RequestConnections
from app.core.http.health import PROBES, readiness
from app.core.http.problems import problem_response
from app.core.http.routing import route_template
from app.core.http.security_headers import with_security_headers

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# A client that is still sending when the response comes sees a connection reset instead of it, so
# up to this many bytes beyond the limit are read and discarded.
MAX_DISCARDED_BYTES = 16 * 1024 * 1024

RouteT = TypeVar("RouteT", bound=Callable[..., Any])

logger = get_logger("access")

# structlog's own variable; its `bound_contextvars` reads all variables, twice for each request.
_unset = bind_contextvars(request_id="")["request_id"]
bound_id = _unset.var
bound_id.reset(_unset)


class RequestContextMiddleware:
    """The outermost middleware: request id, access log, headers of all responses, connections."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            with RequestConnections():
                await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = given.decode() if REQUEST_ID.fullmatch(given) else urandom(8).hex()
        status = 0
        started = perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = with_security_headers(message.get("headers", ()))
                headers = [header for header in headers if header[0] != b"x-request-id"]
                headers.append((b"x-request-id", request_id.encode()))
                if readiness.stopping and scope["http_version"] != "2":
                    # The balancer should not send its next request on this connection.
                    headers.append((b"connection", b"close"))
                message["headers"] = headers
            await send(message)

        bound = bound_id.set(request_id)
        try:
            with RequestConnections():
                await self.app(scope, receive, send_with_id)
        except asyncio.CancelledError:
            # On shutdown the server cancels requests that outlast SHUTDOWN_TIMEOUT.
            if not status:
                response = problem_response(503, "The service is shutting down.")
                await response(scope, receive, send_with_id)
            raise
        finally:
            route, client = route_template(scope), scope.get("client")
            log = logger.debug if route in PROBES else logger.info
            log(
                "request",
                method=scope["method"],
                path=scope["path"],
                route=route,
                status=status,
                client=client[0] if client else None,
                milliseconds=round((perf_counter() - started) * 1000, 1),
            )
            bound_id.reset(bound)


class ProblemCORSMiddleware(CORSMiddleware):
    """Refuses a preflight request with a problem instead of plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        kept = {k: v for k, v in response.headers.items() if not k.startswith("content-")}
        return problem_response(response.status_code, bytes(response.body).decode(), headers=kept)


class UnhandledErrorMiddleware:
    """Logs an exception that no handler has caught, and responds with status 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        response_started = False

        async def tracked_send(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self.app(scope, receive, tracked_send)
        except Exception:
            logger.exception("unhandled_error")
            if response_started:
                raise
            await problem_response(500)(scope, receive, send)


def body_limit(max_bytes: int) -> Callable[[RouteT], RouteT]:
    """Return a decorator for the function of a route with a limit of its own for the body.

    Put it below the decorator of the route.
    """

    def mark(function: RouteT) -> RouteT:
        vars(function)["body_limit"] = max_bytes
        return function

    return mark


class BodyLimitMiddleware:
    """Refuses request bodies of more than `max_bytes`, or the `body_limit` of the route, with 413.

    The limit of a route is a higher one; to lower it, use FastAPI's `max_body_size`.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = self._limit(scope, receive)
        await self.app(scope, receive, send)

    def _limit(self, scope: Scope, receive: Receive) -> Receive:
        size = 0

        async def receive_within_limit() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            declared = Headers(scope=scope).get("content-length", "")
            expected = int(declared) if declared.isdigit() else 0
            if size > self.max_bytes or expected > self.max_bytes:
                limit = getattr(scope.get("endpoint"), "body_limit", self.max_bytes)
                if size <= limit and expected <= limit:
                    return message
                while message.get("more_body") and size <= limit + MAX_DISCARDED_BYTES:
                    message = await receive()
                    size += len(message.get("body", b""))
                raise HTTPException(413, f"The request body may have at most {limit} bytes.")
            return message

        return receive_within_limit
