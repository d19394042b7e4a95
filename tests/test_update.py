"""An update brings what the template improved, and leaves alone what is the owner's."""

import subprocess
from pathlib import Path

import pytest
from copier import run_recopy, run_update

from tests.rendering import Project, copy_working_tree, render
from tests.source import CONFIG, choices

IMPROVEMENT = b"# improved\n"
EDIT = b"# edited\n"
MANAGED = "app/main.py"
SEEDED = ["README.md", "app/product/crud.py", "migrations/versions/2026-01-01_create_product.py"]
OWN = ["app/order/models.py", "migrations/versions/2026-02-03_create_order.py"]
DELETED = "scripts/seed.py"


def git(path: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", *arguments], cwd=path, text=True)


def commit(path: Path) -> None:
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message", "Change")


def is_seeded(name: str) -> bool:
    return any(f"/{name}".startswith(pattern) for pattern in CONFIG["_skip_if_exists"])


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template in two releases; the second one improves a managed and some seeded files."""
    path = copy_working_tree(tmp_path_factory.mktemp("releases"))
    git(path, "init", "--quiet")
    commit(path)
    git(path, "tag", "v1.0.0")
    for name in (MANAGED, *SEEDED):
        [file] = path.glob(f"template/{name}*")
        file.write_bytes(file.read_bytes() + IMPROVEMENT)
    commit(path)
    git(path, "tag", "v2.0.0")
    return path


@pytest.fixture(params=choices("database"))
def untouched(request: pytest.FixtureRequest, releases: Path, tmp_path: Path) -> Project:
    """A project of the first release, as it was rendered."""
    project = render(releases, tmp_path / "project", {"database": request.param}, vcs_ref="v1.0.0")
    git(project.path, "init", "--quiet")
    commit(project.path)
    return Project(project.path)


@pytest.fixture
def lived_in(untouched: Project) -> Project:
    """A project whose owner has worked on it."""
    for name in (MANAGED, *SEEDED, *OWN):
        file = untouched.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(EDIT + untouched.files.get(name, b""))
    (untouched.path / DELETED).unlink()
    commit(untouched.path)
    return Project(untouched.path)


def test_updating_an_untouched_project_equals_a_fresh_copy(
    untouched: Project, releases: Path, tmp_path: Path
) -> None:
    before = untouched.files
    run_update(untouched.path, defaults=True, overwrite=True, quiet=True)
    updated = Project(untouched.path).files
    fresh = render(releases, tmp_path / "fresh", untouched.answers).files
    assert updated == {n: before[n] if is_seeded(n) else fresh[n] for n in fresh}
    assert updated[MANAGED] == before[MANAGED] + IMPROVEMENT


def test_updating_keeps_every_edit(lived_in: Project) -> None:
    before = lived_in.files
    run_update(lived_in.path, defaults=True, overwrite=True, quiet=True)
    updated = Project(lived_in.path).files
    assert updated[MANAGED] == before[MANAGED] + IMPROVEMENT
    assert {name: updated[name] for name in (*SEEDED, *OWN)} == {
        name: before[name] for name in (*SEEDED, *OWN)
    }
    assert DELETED not in updated
    assert updated.keys() == before.keys()


def test_copying_again_keeps_what_is_the_owners(lived_in: Project) -> None:
    before = lived_in.files
    run_recopy(lived_in.path, defaults=True, overwrite=True, quiet=True)
    copied = Project(lived_in.path).files
    for name in (*SEEDED, *OWN):
        assert copied[name] == before[name], name
