"""A run of the tests without a usable database ends with one error message."""

import os
import subprocess
import sys

import pytest

from app.core.engine.url import parse_url
from tests.platform import database
from tests.platform import database_server as server


def test_parallel_processes_print_one_message() -> None:
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COV", "DATABASE", "PYTEST"))
    }
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-n2", "--max-worker-restart=0", __file__],
        env=variables | {"TEST_DATABASE_URL": server.UNUSABLE_URL},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert result.stdout.strip() == ""
    message, cure = result.stderr.split("\n", maxsplit=1)
    assert message.startswith("ERROR: The tests cannot use ")
    assert "top-secret" not in message
    assert cure.startswith("Make it available, or correct DATABASE_URL or TEST_DATABASE_URL.")
    assert "Traceback" not in cure


def test_a_server_that_cannot_be_used_is_a_usage_error() -> None:
    with pytest.raises(pytest.UsageError, match=r"The tests cannot use .+: .+"):
        database.create(parse_url(server.UNUSABLE_URL))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (server.URL, "must name a database that ends in _test"),
        (server.REFUSED_URLS[0][0], server.REFUSED_URLS[0][1]),
    ],
    ids=["another name", "another server"],
)
def test_a_refused_url_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", url)
    with (
        pytest.raises(pytest.UsageError, match=f"TEST_DATABASE_URL.* {message}"),
        database.shared_database(),
    ):
        pass
