"""The one middleware: request id, access line, body limit, and an answer to what nobody caught."""

import asyncio
import re
from secrets import token_hex
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
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
    """Wraps an app; `body_limit` is in bytes."""

    def __init__(self, app: ASGIApp, *, body_limit: int) -> None:
        self.app = app
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = headers.get("x-request-id", "")
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
                await self.app(scope, self._limited(headers, receive), send_with_id)
            except asyncio.CancelledError:
                # The server ends requests that outlast its grace when it stops.
                if not status:
                    await problem_response(503, "The process is stopping.")(
                        scope, receive, send_with_id
                    )
                raise
            except Exception:
                logger.exception("unhandled error")
                if status:
                    raise
                await problem_response(500)(scope, receive, send_with_id)
            finally:
                logger.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round((perf_counter() - started) * 1000, 1),
                )

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
