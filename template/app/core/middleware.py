"""What surrounds every request: its id and access line, its limits, and an answer in any case."""

import asyncio
import re
from secrets import token_hex
from time import perf_counter

from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog import get_logger
from structlog.contextvars import bound_contextvars

from app.core.problems import problem_response

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# A client that is still sending when it is answered loses the answer in a connection reset, so this
# much more than the limit is read and thrown away first.
DISCARDED = 16 * 1024 * 1024

logger = get_logger("access")


class RequestMiddleware:
    """The outermost: gives each request an id and a line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("x-request-id", "")
        if not REQUEST_ID.fullmatch(request_id):
            request_id = token_hex(8)
        status = 0
        started = perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_id)
            except asyncio.CancelledError:
                # The server ends requests that outlast its grace when it stops.
                if not status:
                    answer = problem_response(503, "The process is stopping.")
                    await answer(scope, receive, send_with_id)
                raise
            finally:
                logger.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round((perf_counter() - started) * 1000, 1),
                )


class ProblemCORSMiddleware(CORSMiddleware):
    """Refuses a preflight with a problem instead of plain text."""

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        kept = {k: v for k, v in response.headers.items() if not k.startswith("content-")}
        return problem_response(response.status_code, bytes(response.body).decode(), headers=kept)


class LastResortMiddleware:
    """The innermost: refuses bodies beyond `body_limit` bytes, and answers what nobody caught."""

    def __init__(self, app: ASGIApp, *, body_limit: int) -> None:
        self.app = app
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answered = False

        async def noting_send(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, self._limited(Headers(scope=scope), receive), noting_send)
        except Exception:
            logger.exception("unhandled error")
            if answered:
                raise
            await problem_response(500)(scope, receive, send)

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        declared = headers.get("content-length", "")
        size = 0

        async def receive_within_limit() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.body_limit or (declared.isdigit() and int(declared) > self.body_limit):
                while message.get("more_body") and size <= self.body_limit + DISCARDED:
                    message = await receive()
                    size += len(message.get("body", b""))
                raise HTTPException(413, f"A body may have up to {self.body_limit} bytes.")
            return message

        return receive_within_limit
