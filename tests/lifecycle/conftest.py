import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lifecycle.history import NEXT, copy_history, fitting, improve, release

MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there has a name of its own


@pytest.fixture(autouse=True)
def _in_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the many small files of an update off the disk, where there is such a place."""
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
    """The working tree as a release, for a test to release something after it."""
    return copy_history(tmp_path / "template")


@pytest.fixture
def supported(history: Path, base: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers as far as a release asks for them; skips the test when it refuses one."""
    fits = fitting(history, base, answers)
    if fits is None:
        pytest.skip(f"{base} had no such answer")
    return fits
