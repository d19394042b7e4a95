"""The revision of the sample is removed only if the local database does not have it."""

from pathlib import Path

import pytest
from alembic.config import Config

from scripts import remove_sample
from scripts.sample import applied
from tests.platform.scripts.sample_project import commit

REVISION = 'revision = "{}"\ndown_revision = {}\n'
FIRST = applied.FIRST


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A project whose only revision is that of the sample, and no database."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    (tmp_path / "versions/first.py").write_text(REVISION.format(FIRST, None))
    monkeypatch.setattr(remove_sample, "PROJECT", tmp_path)
    monkeypatch.setattr(applied, "is_configured", lambda: False)
    monkeypatch.setattr(applied, "folder", lambda: tmp_path / "data")
    return Config(tmp_path / "alembic.ini")


def test_a_revision_that_no_database_has_is_removed(config: Config, tmp_path: Path) -> None:
    assert applied.unapplied(config)
    paths: list[str] = []
    (line,) = remove_sample._undo_revision(paths)
    assert paths == ["versions/first.py"]
    assert "If another database does,\nrestore versions/first.py, then run" in line
    assert (tmp_path / "versions/.gitkeep").exists()  # Git keeps no empty folder


def test_a_revision_with_changes_is_not_removed(config: Config, tmp_path: Path) -> None:
    commit(tmp_path)
    with (tmp_path / "versions/first.py").open("a") as file:
        file.write("# mine\n")
    with pytest.raises(SystemExit, match=r"^versions/first\.py has changes .*\nNothing was"):
        remove_sample._undo_revision([])
    assert not (tmp_path / "versions/.gitkeep").exists()


def test_a_revision_after_it_keeps_it(config: Config, tmp_path: Path) -> None:
    (tmp_path / "versions/second.py").write_text(REVISION.format("second", f'"{FIRST}"'))
    assert applied.unapplied(config) is None


def test_a_configured_database_keeps_it(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applied, "is_configured", lambda: True)
    assert applied.unapplied(config) is None


@pytest.mark.parametrize(
    ("code", "is_removed"),
    [("print()", True), (f"print('{FIRST} (head)')", False), ("exit(1)", False)],
    ids=["not applied", "applied", "not available"],
)
def test_the_local_database_is_asked(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, is_removed: bool
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(applied, "CURRENT", ("-c", code))
    assert (applied.unapplied(config) is not None) == is_removed
