"""One connection a request: requests never wait for each other's connections."""

import pytest

from tests.platform.connection_app import app_with_users, burst
from tests.platform.gizmo import count_gizmos

pytestmark = pytest.mark.usefixtures("committed_gizmos")


@pytest.mark.parametrize("number", [4, 40])
@pytest.mark.parametrize("path", ["/rows", "/entities", "/together"])
async def test_requests_that_read_with_two_dependencies_are_answered(
    path: str, number: int
) -> None:
    assert await burst(app_with_users(), "GET", path, number) == [200] * number


@pytest.mark.parametrize("number", [4, 40])
async def test_requests_that_read_and_then_write_are_answered(number: int) -> None:
    assert await burst(app_with_users(), "POST", "/rows", number) == [200] * number
    assert await count_gizmos() == 1 + number
