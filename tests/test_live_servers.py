"""The suite of a generated project on other servers than those everyone has."""

import re
from collections.abc import Callable

import pytest

from tests import servers
from tests.live import Service

pytestmark = pytest.mark.proof

Start = Callable[..., Service]

# Their tests do not depend on the server.
ELSEWHERE = ("core/doctor", "core/http", "core/process", "recipes", "scripts")


def passes(service: Service, processes: str = "auto", **variables: str) -> None:
    ignored = [f"--ignore=tests/platform/{folder}" for folder in ELSEWHERE]
    output = service.run("uv", "run", "pytest", "--numprocesses", processes, *ignored, **variables)
    assert re.search(r"^=+ \d+ passed\b", output, re.MULTILINE), output


def test_a_project_passes_on_the_postgresql_that_is_installed(start: Start) -> None:
    servers.program("postgres")
    service = start(database="postgresql")
    with servers.postgresql() as url:
        passes(service, TEST_DATABASE_URL=f"{url}/shop_test")


def test_a_project_passes_through_pgbouncer_in_transaction_mode(start: Start) -> None:
    servers.program("pgbouncer")
    service = start(database="postgresql")
    with service.running_database() as url, servers.pgbouncer(url) as pooled:
        # One process, since what creates databases does not expect a pooler.
        passes(service, "0", TEST_DATABASE_URL=f"{pooled}/shop_test", DATABASE_POOLER="true")


def test_a_project_passes_on_mariadb(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    servers.program("mariadbd")
    monkeypatch.delenv("TEST_MYSQL_URL", raising=False)
    monkeypatch.setenv("PATH", servers.PATH)
    passes(start(database="mysql"))
