"""The effect of `copier recopy`: it restores the template's files and keeps seeded ones."""

from pathlib import Path

from copier import run_recopy

from tests.lifecycle.history import is_seeded, settle, start
from tests.rendering import Project, render

OWN = "app/order/models.py"
EDIT = b"# mine\n"


def test_recopy_keeps_seeded_files(history: Path, tmp_path: Path) -> None:
    project = start(history, tmp_path / "project", {})
    for name, content in project.files.items():
        (project.path / name).write_bytes(EDIT + content)
    own = project.path / OWN
    own.parent.mkdir()
    own.write_bytes(EDIT)
    # Copier reads this file first, so it must stay valid.
    answers = ".copier-answers.yml"
    (project.path / answers).write_bytes(project.files[answers])
    edited = settle(project.path).files
    run_recopy(project.path, defaults=True, overwrite=True, quiet=True)
    fresh = render(history, tmp_path / "fresh", project.answers).files
    kept = {name: content for name, content in edited.items() if is_seeded(name)}
    assert Project(project.path).files == fresh | kept | {OWN: EDIT}
