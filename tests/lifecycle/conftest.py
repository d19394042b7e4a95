from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.lifecycle.history import NEXT, copy_history, fitting, improve, release


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every release, the working tree, and a next release that improves every file."""
    path = copy_history(tmp_path_factory.mktemp("history") / "template")
    return release(path, NEXT, improve)


@pytest.fixture
def evolving(tmp_path: Path) -> Path:
    """The working tree as a release, for a test to release something after it."""
    return copy_history(tmp_path / "template")


@pytest.fixture
def supported(history: Path, base: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers as far as a release asks for them; skips the test when it refuses one."""
    fits = fitting(history, base, answers)
    if fits is None:
        pytest.skip(f"{base} had no such answer")
    return fits
