"""A transaction that is run again after a conflict, and never after another error."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from app.core.config import get_settings
from app.core.database import CurrentSessionTransaction, engine
from app.core.engine import driver, request_connections
from app.core.errors import DatabaseUnavailableError
from app.core.retry import run_transaction
from app.main import create_app
from tests.platform import database_server as server
from tests.platform.clients import client_of
from tests.platform.gizmo import Gizmo, count_gizmos

pytestmark = pytest.mark.usefixtures("committed_gizmos")

CODES = [*server.CONFLICTS, *server.INVALID, *server.UNAVAILABLE, *server.OTHER]


def database_error(code: Any, *, is_lost: bool = False) -> DBAPIError:
    cause = server.DriverError(code)
    return OperationalError("COMMIT", None, cause, connection_invalidated=is_lost)


CONFLICT = database_error(server.RETRYABLE[0])
UNIT = Callable[[AsyncSession], Any]


def failing(error: Exception, *, times: int) -> tuple[UNIT, list[AsyncSession]]:
    """Return a unit that adds a row and then fails some times, and the sessions that it gets."""
    sessions: list[AsyncSession] = []

    async def work(session: AsyncSession) -> int:
        sessions.append(session)
        session.add(Gizmo(name=f"attempt {len(sessions)}"))
        await session.flush()
        if len(sessions) <= times:
            raise error
        return len(sessions)

    return work, sessions


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The longest possible waits; in these tests none takes any time."""
    longest: list[float] = []

    def uniform(least: float, most: float) -> float:
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        assert least == 0
        longest.append(most)
        return 0

    monkeypatch.setattr("random.uniform", uniform)
    return longest


@pytest.mark.parametrize("error", [CONFLICT, StaleDataError("another version")])
async def test_a_unit_that_lost_a_conflict_runs_again_as_a_whole(
    error: Exception, waits: list[float]
) -> None:
    work, sessions = failing(error, times=2)
    assert await run_transaction(work) == 3
    assert len(set(map(id, sessions))) == 3
    assert await count_gizmos() == 1
    assert waits == [0.02, 0.04]


async def test_the_error_of_the_last_attempt_is_raised_and_nothing_is_stored(
    waits: list[float],
) -> None:
    work, sessions = failing(CONFLICT, times=9)
    with pytest.raises(OperationalError):
        await run_transaction(work, attempts=9)
    assert len(sessions) == 9
    assert waits == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1, 1]
    assert await count_gizmos() == 0


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    "error",
    [
        database_error(server.RETRYABLE[0], is_lost=True),
        *(database_error(code) for code in CODES if code not in server.RETRYABLE),
        DatabaseUnavailableError(),
        ValueError("an error of the unit"),
    ],
    ids=repr,
)
async def test_a_unit_that_may_have_been_committed_never_runs_again(error: Exception) -> None:
    work, sessions = failing(error, times=1)
    with pytest.raises(type(error)):
        await run_transaction(work)
    assert len(sessions) == 1
    assert await count_gizmos() == 0


@pytest.mark.parametrize("code", CODES)
def test_a_conflict_is_known_by_its_code(code: Any) -> None:
    error = database_error(code)
    assert driver.is_retryable(error) is (code in server.RETRYABLE)
    assert driver.is_unavailable(error) or not driver.is_retryable(error)


@pytest.mark.parametrize("environment", ["local", "production"])
async def test_a_request_in_a_transaction_cannot_start_another_one(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app()
    settings = get_settings().model_copy(update={"environment": environment})
    monkeypatch.setattr(request_connections, "get_settings", lambda: settings)
    work, sessions = failing(CONFLICT, times=0)

    @app.post("/inside")
    async def inside(session: CurrentSessionTransaction) -> None:
        session.add(Gizmo(name="of the request"))
        await session.flush()
        await run_transaction(work)

    async with client_of(app) as client:
        assert (await client.post("/inside")).status_code == 500
    assert sessions == []
    assert await count_gizmos() == 0


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    ("error", "times", "status"),
    [(CONFLICT, 4, 200), (CONFLICT, 5, 503), (StaleDataError("another version"), 5, 409)],
)
async def test_a_route_answers_after_the_last_attempt(
    error: Exception, times: int, status: int
) -> None:
    app = create_app()
    work, _ = failing(error, times=times)

    @app.post("/unit")
    async def unit() -> int:
        result: int = await run_transaction(work)
        return result

    async with client_of(app) as client:
        assert (await client.post("/unit")).status_code == status
    assert await count_gizmos() == (1 if status == 200 else 0)
