"""The number of statements that a request sends; an N+1 query fails here."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app.core.database import engine
from tests.platform.gizmo import GIZMOS

VALUES = {"name": "first", "price": "1"}


@pytest.fixture
def statements(gizmo_client: httpx.AsyncClient) -> Iterator[list[str]]:
    """The statements that are sent to the database, without BEGIN and COMMIT."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(arguments[2])

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def gizmo(gizmo_client: httpx.AsyncClient) -> str:
    """The path of one of three rows."""
    for _ in range(3):
        response = await gizmo_client.post(GIZMOS, json=VALUES)
    return f"{GIZMOS}/{response.json()['id']}"


@pytest.mark.parametrize(
    ("method", "values", "expected"),
    [
        ("GET", None, 1),
        ("PATCH", {"note": "new"}, 2),
        ("DELETE", None, 2),
    ],
)
async def test_a_request_for_one_row_sends_no_extra_statement(
    gizmo_client: httpx.AsyncClient,
    gizmo: str,
    statements: list[str],
    method: str,
    values: dict[str, str] | None,
    expected: int,
) -> None:
    statements.clear()
    response = await gizmo_client.request(method, gizmo, json=values)
    assert response.is_success
    assert len(of_requests(statements)) == expected


@pytest.mark.parametrize(("query", "expected"), [("", 1), ("?limit=2", 1), ("?total=true", 2)])
async def test_a_list_sends_no_statement_for_each_row(
    gizmo_client: httpx.AsyncClient,
    gizmo: str,
    statements: list[str],
    query: str,
    expected: int,
) -> None:
    statements.clear()
    response = await gizmo_client.get(GIZMOS + query)
    assert len(response.json()["items"]) >= 2
    assert len(of_requests(statements)) == expected


async def test_a_create_sends_one_statement(
    gizmo_client: httpx.AsyncClient, statements: list[str]
) -> None:
    response = await gizmo_client.post(GIZMOS, json=VALUES)
    assert response.status_code == 201
    assert len(of_requests(statements)) == 1


def of_requests(statements: list[str]) -> list[str]:
    """Return the statements without savepoints, which replace transactions in tests."""
    return [statement for statement in statements if "SAVEPOINT" not in statement]
