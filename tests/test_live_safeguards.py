import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.live import Service
from tests.safeguards import SAFEGUARDS, Safeguard

pytestmark = pytest.mark.proof


def fails_without(service: Service, safeguard: Safeguard) -> bool:
    broken = service.path.with_name("broken")
    shutil.copytree(service.path, broken, ignore=shutil.ignore_patterns(".git", ".venv"))
    try:
        safeguard.take_out(broken)
        result = subprocess.run(
            [service.path / ".venv/bin/python", "-m", "pytest", "-x", "-q", safeguard.tests],
            cwd=broken,
            env=service.environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
        return result.returncode == 1
    finally:
        shutil.rmtree(broken)


@pytest.mark.parametrize("database", sorted({guard.database for guard in SAFEGUARDS}))
def test_each_promise_has_a_test_that_fails_when_it_is_broken(
    database: str, start: Callable[..., Service]
) -> None:
    service = start(database=database)
    guards = [guard for guard in SAFEGUARDS if guard.database == database]
    with service.running_database() as url:
        service.environment["TEST_DATABASE_URL"] = f"{url}_test"
        kept = [guard.promise for guard in guards if not fails_without(service, guard)]
    if kept:
        pytest.fail(f"no test fails without what keeps these promises: {kept}")
