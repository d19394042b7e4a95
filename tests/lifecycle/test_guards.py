"""Guards of a release: each one passes for the working tree and fails for a broken template."""

from collections.abc import Callable
from pathlib import Path

import pytest
from copier.errors import UnsafeTemplateError

from tests.lifecycle.guards import ignored_paths, lost_answers, lost_paths, unstable_paths
from tests.lifecycle.history import BASES, ENGINES, NEXT, NOW, release, start, update
from tests.lifecycle.test_evolution import move, replace
from tests.rendering import render
from tests.source import CONFIG, names_in

TYPED = {"project_name": "Shop", "project_slug": "corner-shop", "license": "MIT"}


def tighten_validator(path: Path) -> None:
    replace(path, "includes/validators.jinja", "answer | length > 40", "answer | length > 10")


def remove_choice(path: Path) -> None:
    replace(path, "copier.yml", "    MIT - short and permissive: MIT\n", "")


def rename_file(path: Path) -> None:
    (path / "template/app/main.py").rename(path / "template/app/start.py")


def add_random_value(path: Path) -> None:
    (path / "template/key.txt.jinja").write_text(
        "{{ range(99999) | random }}{{ range(99999) | random }}\n"
    )


def ignore_file(path: Path) -> None:
    with (path / "template/.gitignore").open("a") as file:
        file.write("compose.*\n")


def add_task(path: Path) -> None:
    with (path / "copier.yml").open("a") as file:
        file.write('_tasks: ["true"]\n')


def add_migration(path: Path) -> None:
    with (path / "copier.yml").open("a") as file:
        file.write('_migrations: ["true"]\n')


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("answers", ENGINES, ids=lambda answers: answers["database"])
def test_no_path_is_lost(
    history: Path, tmp_path: Path, base: str, supported: dict[str, str]
) -> None:
    assert lost_paths(history, base, tmp_path, supported) == set()


def test_a_renamed_file_is_detected(evolving: Path, tmp_path: Path) -> None:
    release(evolving, NEXT, rename_file)
    assert lost_paths(evolving, NOW, tmp_path, {}) == {"app/main.py"}


def test_a_file_left_to_its_owner_is_not_lost(evolving: Path, tmp_path: Path) -> None:
    release(evolving, NEXT, move)
    assert lost_paths(evolving, NOW, tmp_path, {}) == set()


@pytest.mark.parametrize("base", BASES)
def test_no_answer_is_lost(history: Path, tmp_path: Path, base: str) -> None:
    assert lost_answers(history, base, tmp_path, TYPED) == set()


@pytest.mark.parametrize(
    ("change", "question"), [(tighten_validator, "project_slug"), (remove_choice, "license")]
)
def test_an_answer_that_becomes_invalid_is_detected(
    evolving: Path, tmp_path: Path, change: Callable[[Path], None], question: str
) -> None:
    release(evolving, NEXT, change)
    assert lost_answers(evolving, NOW, tmp_path, TYPED) == {question}


def test_a_random_value_is_detected(evolving: Path, tmp_path: Path) -> None:
    release(evolving, NEXT, add_random_value)
    assert unstable_paths(evolving, tmp_path, {}) == {"key.txt"}


def test_an_ignored_path_is_detected(evolving: Path, tmp_path: Path) -> None:
    release(evolving, NEXT, ignore_file)
    project = render(evolving, tmp_path / "project", {"container": "docker"})
    assert ignored_paths(project, tmp_path / "copy") == ["compose.yaml"]


@pytest.mark.parametrize("change", [add_task, add_migration])
def test_a_template_that_needs_trust_is_refused(
    evolving: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    project = start(evolving, tmp_path / "project", {})
    release(evolving, NEXT, change)
    with pytest.raises(UnsafeTemplateError):
        update(project)


def test_no_pattern_contains_an_answer() -> None:
    assert names_in("/{{ project_slug }}/main.py") == {"project_slug"}
    assert not any(names_in(pattern) for pattern in CONFIG["_skip_if_exists"])
