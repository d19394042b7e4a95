"""Updates of a project with many edits: every edit is kept, every improvement is merged."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.history import (
    BASES,
    ENGINES,
    NEXT,
    copy_history,
    git,
    lines,
    poe_update,
    release,
    settle,
    start,
    update,
)
from tests.lifecycle.lived_in import (
    ADDED,
    DELETED,
    EDITS,
    IGNORED,
    IMPROVEMENTS,
    MOVED,
    OWN,
    improve_in_places,
    live_in,
)
from tests.rendering import Project
from tests.source import rendered_path

NOT_WANTED = ("README.md", *DELETED)
Update = Callable[[Project], object]


def by_poe(project: Project) -> None:
    result = poe_update(project)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="session")
def improved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every release, and a next one that improves the edited files."""
    path = copy_history(tmp_path_factory.mktemp("improved") / "template")
    return release(path, NEXT, improve_in_places)


@pytest.fixture
def pristine(improved: Path, tmp_path: Path, base: str, answers: dict[str, str]) -> Project:
    return start(improved, tmp_path / "project", answers, base)


@pytest.fixture
def lived_in(pristine: Project) -> Project:
    live_in(pristine.path)
    return settle(pristine.path)


def improvements(*, follow: bool) -> list[tuple[str, str]]:
    """Return the file and the new text of each expected improvement."""
    expected = []
    for template_name, _, new in IMPROVEMENTS:
        name = rendered_path(Path(template_name))
        if name == MOVED[0] and not follow:
            continue
        if not name.startswith(NOT_WANTED):
            expected.append((MOVED[1] if name == MOVED[0] else name, new))
    return expected


@pytest.mark.proof
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("answers", ENGINES, ids=lambda answers: answers["database"])
@pytest.mark.parametrize("bring", [update, by_poe], ids=["copier", "poe"])
def test_every_edit_is_kept_and_every_improvement_is_merged(
    pristine: Project, lived_in: Project, bring: Update
) -> None:
    before = lived_in.files
    bring(lived_in)
    after = Project(lived_in.path)
    for name, content in before.items():
        was = pristine.files.get(MOVED[0] if name == MOVED[1] else name, b"")
        assert lines(content) - lines(was) <= lines(after.files[name]), name
    for name, _, new in EDITS:
        assert new in after.texts[name], name
    for name in (*OWN, *IGNORED, "README.md"):
        assert after.files[name] == before[name]
    for name, new in improvements(follow=bring is by_poe):
        assert new in after.texts[name], name
    assert ADDED.items() <= after.texts.items()
    assert not any(name.startswith(tuple(DELETED)) for name in after.files)
    assert after.files.keys() == before.keys() | ADDED.keys()
    assert git(after.path, "diff", "--name-only", "--diff-filter=U") == ""


@pytest.mark.parametrize("bring", [update, poe_update], ids=["copier", "poe"])
def test_a_conflict_shows_both_versions(improved: Path, tmp_path: Path, bring: Update) -> None:
    project = start(improved, tmp_path / "project", {})
    file = project.path / "app/main.py"
    mine = '    """Ours."""\n'
    old = '    """Build the application from the settings and the features."""\n'
    file.write_text(file.read_text().replace(old, mine))
    edited = settle(project.path).files
    bring(project)
    after = Project(project.path)
    marked = after.texts["app/main.py"]
    assert mine in marked
    assert '    """Build the application."""\n' in marked
    assert re.findall(r"^([<=>]{7})(?: |$)", marked, re.MULTILINE) == [
        "<<<<<<<",
        "=======",
        ">>>>>>>",
    ]
    assert lines(edited["app/main.py"]) <= lines(after.files["app/main.py"])
    assert git(project.path, "diff", "--name-only", "--diff-filter=U") == "app/main.py\n"
