import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lifecycle.history import NEXT, copy_history, fitting, improve, release

MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it have unique names


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use memory for the many small files of an update, if possible."""
    if not os.access(MEMORY, os.W_OK):
        yield
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every release, the working tree, and a next release that improves every file."""
    path = copy_history(tmp_path_factory.mktemp("history") / "template")
    return release(path, NEXT, improve)


@pytest.fixture
def evolving(tmp_path: Path) -> Path:
    """The working tree as a release; a test can add the next release."""
    return copy_history(tmp_path / "template")


@pytest.fixture
def supported(history: Path, base: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to the questions of a release; the test is skipped when it refuses one."""
    fits = fitting(history, base, answers)
    if fits is None:
        pytest.skip(f"{base} had no such answer")
    return fits
