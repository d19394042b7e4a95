"""Each safeguard names code and tests that a generated service has."""

from pathlib import Path

import pytest

from tests.lifecycle.test_update_safeguards import SAFEGUARDS as UPDATE_SAFEGUARDS
from tests.rendering import render
from tests.safeguards import SAFEGUARDS
from tests.source import choices


@pytest.mark.parametrize("database", choices("database"))
def test_each_safeguard_is_in_the_project_once(
    template: Path, tmp_path: Path, database: str
) -> None:
    project = render(template, tmp_path, {"database": database})
    own = [guard for guard in SAFEGUARDS if guard.database == database]
    outdated = [
        f"{guard.promise}: {guard.file} has this code {count} times: {guard.code!r}"
        for guard in (*own, *UPDATE_SAFEGUARDS)
        if (count := project.texts.get(guard.file, "").count(guard.code)) != 1
    ]
    missing = [
        f"{guard.promise}: {guard.tests} does not exist"
        for guard in own
        if not (project.path / guard.tests).exists()
    ]
    if outdated or missing:
        pytest.fail("\n".join((*outdated, *missing)))
