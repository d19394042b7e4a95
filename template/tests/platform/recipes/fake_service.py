"""A fake of the rate service for tests, and the ways in which it fails."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

Answer = Callable[[Request], Awaitable[Response]]


class FakeService:
    """The rate service: `answers` are for the next requests, the last one for all that follow."""

    def __init__(self) -> None:
        self.app = FastAPI()
        self.answers: list[Answer] = [rate]
        self.requests: list[Request] = []
        self.app.add_api_route("/rates/{currency}", self._answer, methods=["GET", "POST"])

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return await answer(request)


async def rate(request: Request) -> Response:
    return JSONResponse({"currency": request.path_params["currency"], "rate": "1.10"})


async def slow(request: Request) -> Response:
    await asyncio.sleep(5)
    raise AssertionError


async def reset(request: Request) -> Response:
    raise httpx2.ReadError("the connection was reset")


async def refused(request: Request) -> Response:
    raise httpx2.ConnectError("nothing listens")


def status(code: int, **headers: str) -> Answer:
    async def answer(request: Request) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response("no JSON", code, named)

    return answer
