from pathlib import Path

import pytest

from scripts import remove_sample
from tests.platform.scripts.sample_project import FILES, commit, files, write


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the sample, whose revisions are not changed."""
    write(tmp_path, FILES)
    monkeypatch.setattr(remove_sample, "PROJECT", tmp_path)
    monkeypatch.setattr(remove_sample, "_undo_revision", lambda paths: [])
    return tmp_path


def test_the_sample_and_all_that_tells_of_it_are_removed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(project)
    assert remove_sample.main() == 0
    assert files(project) == {"README.md", "app/main.py", "pyproject.toml"}
    assert (project / "README.md").read_text() == (
        "# Shop\n\n| task | purpose |\n|---|---|\n| `test` | run the tests |\n"
    )
    assert (project / "pyproject.toml").read_text() == (
        '# Our own tests.\n[tool.poe.tasks.test]\ncmd = "pytest"\n'
    )
    assert capsys.readouterr().out == (
        "Removed: app/product tests/product scripts/seed.py\n"
        "Edited: README.md pyproject.toml\nNext: uv run poe check\n"
    )


def test_a_second_run_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(project)
    remove_sample.main()
    write(project, {"app/product/models.py": "", "tests/product/test_own.py": ""})
    capsys.readouterr()
    before = files(project)
    assert remove_sample.main() == 0
    assert files(project) == before
    assert capsys.readouterr().out == "There is no sample.\n"


def test_without_git_the_files_are_moved_or_copied(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
    monkeypatch.setattr("tempfile.tempdir", str(project.parent))
    assert remove_sample.main() == 0
    lines = capsys.readouterr().out.splitlines()
    kept = Path(lines[1].rpartition(" ")[2].rstrip("."))
    assert files(kept) == FILES.keys() - {"app/main.py"}
    assert {name: (kept / name).read_text() for name in files(kept)}.items() <= FILES.items()
    assert lines[3] == "The same folder has a copy of each edited file, as it was before."
