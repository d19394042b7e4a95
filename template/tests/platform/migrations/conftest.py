from pathlib import Path

import pytest

from tests.platform.scratch_migrations import Migrations


@pytest.fixture
def migrations(tmp_path: Path) -> Migrations:
    return Migrations(tmp_path)
