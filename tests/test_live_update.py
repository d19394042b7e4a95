from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.history import NEXT, copy_history, release
from tests.lifecycle.lived_in import improve_in_places, live_in
from tests.live import Service

pytestmark = pytest.mark.proof

# Their tests use no feature of the owner.
WITHOUT_FEATURES = ("core/doctor", "core/engine", "core/process", "network", "recipes", "scripts")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """The template with its releases, which an update needs."""
    return copy_history(tmp_path / "template")


def test_a_service_that_was_worked_on_is_updated_and_stays_green(
    start: Callable[..., Service], template: Path
) -> None:
    service = start(database="postgresql")

    def commit() -> None:
        service.run("git", "add", "--all")
        service.run("git", "commit", "--quiet", "--message", "Work")

    live_in(service.path)
    service.run("uv", "sync", "--quiet")
    service.run("uv", "run", "poe", "revision", "-m", "orders in place of products")
    [revision] = service.path.glob("migrations/versions/*_orders_in_place_of_products.py")
    revision.write_text(revision.read_text() + '\naccepted_operations = {"drop table product"}\n')
    service.run("uv", "run", "poe", "format")
    commit()
    release(template, NEXT, improve_in_places)
    assert f"\nUpdated from v900.0.0 to {NEXT}.\n" in service.run("uv", "run", "poe", "update")
    service.run("uv", "sync", "--quiet")
    for command in ("ruff format --check", "ruff check", "mypy"):
        service.run("uv", "run", *command.split())
    ignored = [f"--ignore=tests/platform/{folder}" for folder in WITHOUT_FEATURES]
    service.run("uv", "run", "pytest", "--numprocesses", "auto", *ignored)
    commit()
