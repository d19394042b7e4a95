"""Deprecated routes announce their end; other routes do not."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from fastapi import FastAPI, HTTPException
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from app.core.errors import ConflictError, DatabaseUnavailableError, NotFoundError
from app.core.http.deprecation import Deprecation
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from tests.platform.apps import app_with
from tests.platform.clients import client_of

ENDING = Deprecation(
    since=date(2026, 1, 1),
    sunset=date(2027, 1, 1),
    successor="/api/v2/things",
    information="https://example.com/versions",
)
HEADERS = {
    "deprecation": "@1767225600",
    "sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    "link": '</api/v2/things>; rel="successor-version", '
    '<https://example.com/versions>; rel="deprecation sunset"',
}
ERRORS = {
    "missing": (NotFoundError("There is no thing."), 404),
    "taken": (ConflictError("There is one."), 409),
    "away": (DatabaseUnavailableError(), 503),
    "teapot": (HTTPException(418), 418),
}


def things(deprecation: Deprecation | None) -> FeatureRouter:
    router = FeatureRouter(
        prefix="/api/v1/things", tag="things", description="Things.", deprecation=deprecation
    )

    @router.post("", status_code=201, responses=CREATED | problem_responses(409))
    async def create_thing() -> None: ...

    @router.get("/{number}")
    async def get_thing(number: int) -> int:
        return number

    @router.get("/errors/{name}")
    async def fail(name: str) -> None:
        raise ERRORS[name][0]

    return router


@pytest.fixture
def app() -> FastAPI:
    router = FeatureRouter(prefix="/api/v1/others", tag="others", description="Others.")

    @router.get("/{number}")
    async def get_other(number: int) -> int:
        return number

    return app_with(things(ENDING), router)


@pytest.mark.parametrize(
    ("path", "status"),
    [("7", 200), ("seven", 422), *((f"errors/{name}", code) for name, (_, code) in ERRORS.items())],
)
async def test_each_response_of_a_deprecated_route_has_the_headers(
    app: FastAPI, path: str, status: int
) -> None:
    async with client_of(app) as client:
        response = await client.get(f"/api/v1/things/{path}")
    assert response.status_code == status
    assert HEADERS.items() <= dict(response.headers).items()


async def test_other_responses_have_none_of_the_headers(app: FastAPI) -> None:
    async with client_of(app) as client:
        for path in ("/api/v1/others/7", "/api/v1/nothing"):
            assert not HEADERS.keys() & (await client.get(path)).headers.keys()


def test_the_handling_of_other_routers_is_that_of_the_framework() -> None:
    assert "handle" not in vars(things(None))


async def test_links_begin_with_the_root_path(app: FastAPI) -> None:
    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        path = f"/shop{scope['path']}"
        await app({**scope, "root_path": "/shop", "path": path}, receive, send)

    async with client_of(below) as client:
        links = (await client.get("/api/v1/things/7")).links
    assert links["successor-version"]["url"] == "/shop/api/v2/things"
    assert links["deprecation sunset"]["url"] == "https://example.com/versions"


async def test_the_line_of_the_access_log_is_that_of_every_route(app: FastAPI) -> None:
    with capture_logs() as lines:
        async with client_of(app) as client:
            await client.get("/api/v1/things/7")
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/api/v1/things/{number}"
    ]


def test_the_document_shows_the_deprecation_and_its_headers(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    create, get = paths["/api/v1/things"]["post"], paths["/api/v1/things/{number}"]["get"]
    assert create["deprecated"]
    names = {"Deprecation", "Sunset", "Link"}
    assert create["responses"]["201"]["headers"].keys() == names | {"Location"}
    assert create["responses"]["409"]["headers"].keys() == names
    assert get["responses"]["200"]["headers"].keys() == names
    assert get["responses"]["200"]["headers"]["Sunset"]["example"] == HEADERS["sunset"]
    assert get["responses"]["200"]["content"]
    assert "deprecated" not in paths["/api/v1/others/{number}"]["get"]


@pytest.mark.parametrize(
    ("deprecation", "headers"),
    [
        (Deprecation(since=date(2026, 1, 1)), {"deprecation": "@1767225600"}),
        (
            Deprecation(since=date(2026, 1, 1), information="/docs/versions"),
            {"deprecation": "@1767225600", "link": '</docs/versions>; rel="deprecation"'},
        ),
        (
            Deprecation(
                since=datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
                sunset=datetime(2026, 1, 1, tzinfo=UTC),
            ),
            {"deprecation": "@1767223800", "sunset": "Thu, 01 Jan 2026 00:00:00 GMT"},
        ),
    ],
)
def test_a_day_begins_at_midnight_in_utc(deprecation: Deprecation, headers: dict[str, str]) -> None:
    assert deprecation.headers() == headers


@pytest.mark.parametrize(
    ("since", "sunset", "message"),
    [
        (date(2026, 1, 2), date(2026, 1, 1), "the sunset is before the deprecation"),
        (datetime(2026, 1, 1), date(2026, 1, 2), "needs a time zone"),  # noqa: DTZ001
        (datetime(2026, 1, 1), None, "needs a time zone"),  # noqa: DTZ001
    ],
)
def test_dates_that_contradict_each_other_are_refused(
    since: date, sunset: date | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Deprecation(since=since, sunset=sunset)
