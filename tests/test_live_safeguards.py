import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import Service
from tests.safeguards import SAFEGUARDS, Safeguard

pytestmark = pytest.mark.proof

PRELOADED = Path(__file__).parent / "preloaded_pytest.py"
# A project tests this many at most, so that all workers have a share.
MOST = 60
PARTS = [
    (database, guards[start : start + MOST])
    for database in sorted({guard.database for guard in SAFEGUARDS})
    for guards in [[guard for guard in SAFEGUARDS if guard.database == database]]
    for start in range(0, len(guards), MOST)
]

RunTests = Callable[[Path, str], int]


@contextmanager
def preloaded(service: Service) -> Iterator[RunTests]:
    """Yield a function that runs tests in a folder and returns the exit code of pytest."""
    with subprocess.Popen(
        [service.path / ".venv/bin/python", PRELOADED],
        cwd=service.path,
        env=service.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(folder: Path, tests: str) -> int:
            print(json.dumps([str(folder), tests]), file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield run


def fails_without(safeguard: Safeguard, project: Path, run: RunTests) -> bool:
    broken = project.with_name("broken")
    shutil.copytree(project, broken, ignore=shutil.ignore_patterns(".git", ".venv"))
    try:
        safeguard.take_out(broken)
        return run(broken, safeguard.tests) == pytest.ExitCode.TESTS_FAILED
    finally:
        shutil.rmtree(broken)


@pytest.mark.parametrize(
    ("database", "guards"), PARTS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(PARTS)]
)
def test_each_promise_has_a_test_that_fails_when_it_is_broken(
    start: Callable[..., Service], database: str, guards: list[Safeguard]
) -> None:
    service = start(database=database)
    with service.running_database() as url:
        service.environment["TEST_DATABASE_URL"] = f"{url}_test"
        with preloaded(service) as run:
            assert run(service.path, guards[0].tests) == pytest.ExitCode.OK
            kept = [g.promise for g in guards if not fails_without(g, service.path, run)]
    if kept:
        pytest.fail(f"no test fails without what keeps these promises: {kept}")
