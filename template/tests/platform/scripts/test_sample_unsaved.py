"""The sample is not removed while Git has no copy of a file that would be lost."""

from pathlib import Path

import pytest

from scripts import remove_sample
from tests.platform.scripts.sample_project import FILES, commit, files, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the sample, all of it committed."""
    write(tmp_path, FILES)
    commit(tmp_path)
    monkeypatch.setattr(remove_sample, "PROJECT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["app/product/models.py", "tests/product/new.py", "README.md", "pyproject.toml"]
)
def test_changes_that_are_not_committed_are_not_lost(project: Path, name: str) -> None:
    write(project, {name: "# mine\n"})
    before = files(project)
    with pytest.raises(SystemExit, match=f"^{name} has changes .*: commit or stash them first"):
        remove_sample.main()
    assert files(project) == before


@pytest.mark.parametrize("name", ["index", "config"])
def test_nothing_is_removed_if_git_gives_no_answer(project: Path, name: str) -> None:
    write(project, {f".git/{name}": "[broken"})
    before = files(project)
    with pytest.raises(SystemExit, match=r"^Git cannot say .*: .+\nNothing was changed\.$"):
        remove_sample.main()
    assert files(project) == before
