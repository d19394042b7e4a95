"""Who owns a file is written once, and holds for every project."""

import re

from tests.rendering import Project
from tests.source import ANSWERS_FILE, CONFIG, ROOT

ROW = re.compile(r"^\| (`.+?`.*?) \| (managed|seeded|never) \| .+ \|$", re.MULTILINE)
CONTRACT = [
    (path.strip("`"), owner)
    for paths, owner in ROW.findall((ROOT / "docs/ownership.md").read_text("utf-8"))
    for path in re.findall(r"`[^`]+`", paths)
]


def covers(path: str, name: str) -> bool:
    return name == path or (path.endswith("/") and name.startswith(path))


def classes(name: str) -> list[str]:
    """Return the classes that a file is listed in; what is listed in none is managed."""
    listed = [owner for path, owner in CONTRACT if covers(path, name)]
    return listed or ["managed"]


def test_what_is_seeded_is_what_copier_leaves_alone() -> None:
    seeded = [f"/{path.rstrip('/')}" for path, owner in CONTRACT if owner == "seeded"]
    assert sorted(seeded) == sorted(CONFIG["_skip_if_exists"])


def test_every_file_is_in_one_class(project: Project) -> None:
    for name in project.files:
        assert classes(name) in (["managed"], ["seeded"]), name
    assert classes(ANSWERS_FILE) == ["managed"]


def test_every_line_of_the_contract_is_about_something(project: Project) -> None:
    for path, owner in CONTRACT:
        found = any(covers(path, name) for name in project.files)
        assert found == (owner != "never"), path
