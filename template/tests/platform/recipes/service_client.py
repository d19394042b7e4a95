"""Calls of another service: time limits, retries, and problems for its failures."""

import asyncio
from secrets import SystemRandom
from typing import TypeVar

import httpx2
from fastapi import HTTPException
from pydantic import BaseModel, ValidationError
from structlog import get_logger

ReadT = TypeVar("ReadT", bound=BaseModel)

# Seconds for a call with its retries.
DEADLINE = 5.0
ATTEMPTS = 3
FIRST_PAUSE = 0.1
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
# The request was not sent, so also a POST may be sent again.
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

logger = get_logger(__name__)


class ServiceError(HTTPException):
    """The service failed: 502 for an unusable answer, 504 for none in time.

    Args:
        status: the status of the problem.
        answer: the status of the service's answer, if there is one.
    """

    def __init__(self, status: int, service: str, answer: int | None = None) -> None:
        super().__init__(status, f"The {service} service does not respond as expected.")
        self.answer = answer


class ServiceClient:
    """A client of one service.

    Args:
        http: the connections; close them with the process.
        name: the name of the service for logs and problems.
        deadline: the seconds for one call with its retries.
    """

    def __init__(self, http: httpx2.AsyncClient, name: str, *, deadline: float = DEADLINE) -> None:
        self._http = http
        self._name = name
        self._deadline = deadline

    async def get(self, path: str, schema: type[ReadT], headers: dict[str, str]) -> ReadT:
        """Return the answer to a GET.

        Raises:
            ServiceError: when there is no valid answer within the deadline.
        """
        return await self._call(self._http.build_request("GET", path, headers=headers), schema)

    async def post(
        self, path: str, values: BaseModel, schema: type[ReadT], headers: dict[str, str]
    ) -> ReadT:
        """Return the answer to a POST; it is sent again only if it has not reached the service.

        Raises:
            ServiceError: when there is no valid answer within the deadline.
        """
        json = values.model_dump(mode="json")
        request = self._http.build_request("POST", path, json=json, headers=headers)
        return await self._call(request, schema)

    async def _call(self, request: httpx2.Request, schema: type[ReadT]) -> ReadT:
        answer = None
        try:
            async with asyncio.timeout(self._deadline) as limit:
                response = await self._send(request, limit.when() or 0)
            answer = response.status_code
            return schema.model_validate_json(response.raise_for_status().content)
        except (TimeoutError, httpx2.TimeoutException, httpx2.HTTPError, ValidationError) as error:
            late = isinstance(error, TimeoutError | httpx2.TimeoutException)
            reason = type(error).__name__
            logger.warning("service_failed", service=self._name, reason=reason, answer=answer)
            raise ServiceError(504 if late else 502, self._name, answer) from error

    async def _send(self, request: httpx2.Request, deadline: float) -> httpx2.Response:
        """Send a request up to `ATTEMPTS` times, until `deadline` on the clock of the loop."""
        idempotent = request.method in IDEMPOTENT_METHODS
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            pause = FIRST_PAUSE * 2**attempt * SystemRandom().uniform(0.5, 1)
            try:
                response = await self._http.send(request)
            except httpx2.TransportError as error:
                if last or not (idempotent or isinstance(error, NOT_SENT)):
                    raise
            else:
                if last or not idempotent or response.status_code not in RETRIED_STATUSES:
                    return response
                asked = response.headers.get("retry-after", "")
                pause = max(pause, int(asked) if asked.isdigit() else 0)
                if asyncio.get_running_loop().time() + pause > deadline:
                    return response
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")
