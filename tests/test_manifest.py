from pathlib import PurePosixPath

import pytest
from jinja2 import nodes

from tests.source import (
    CONFIG,
    ON_UPDATE,
    QUESTIONS,
    environment,
    names_in,
    paths_of,
    rendered_path,
    template_files,
)

# An entry without Jinja keeps out what tools leave behind; the others switch whole files.
SWITCHES: list[str] = [entry for entry in CONFIG["_exclude"] if "{%" in entry]
LEFTOVERS: list[str] = [entry for entry in CONFIG["_exclude"] if "{%" not in entry]
SEEDED: list[str] = CONFIG["_skip_if_exists"]
# Released once and no longer rendered: an update leaves them to their owner.
RETIRED = [entry for entry in SWITCHES if ON_UPDATE in entry and not {*paths_of(entry)} & {*SEEDED}]


def is_in_template(path: str) -> bool:
    wanted = PurePosixPath(path.removeprefix("/"))
    files = [PurePosixPath(rendered_path(name)) for name in template_files()]
    return any(wanted == file or wanted in file.parents for file in files)


@pytest.mark.parametrize("entry", [*SWITCHES, *SEEDED])
def test_a_pattern_names_what_the_template_has(entry: str) -> None:
    for path in paths_of(entry):
        assert path.startswith("/"), "another folder may hold the same name"
        assert is_in_template(path) == (entry not in RETIRED)


@pytest.mark.parametrize("entry", LEFTOVERS)
def test_what_tools_leave_behind_is_no_part_of_the_template(entry: str) -> None:
    pattern = entry.removeprefix("/")
    assert not any(
        PurePosixPath(part).match(pattern) for name in template_files() for part in name.parts
    )


@pytest.mark.parametrize("entry", SWITCHES)
def test_a_switch_works_on_releases_that_did_not_ask_for_it(entry: str) -> None:
    assert names_in(entry) <= QUESTIONS.keys() | {"_copier_operation"}
    tree = environment().parse(entry)
    guarded = [
        guard.node
        for guard in tree.find_all(nodes.Filter)
        if guard.name == "default" and guard.args
    ]
    assert all(name in guarded for name in tree.find_all(nodes.Name))


@pytest.mark.parametrize("entry", SEEDED)
def test_what_is_seeded_is_named_without_answers(entry: str) -> None:
    assert not names_in(entry)
    assert "{" not in entry


def test_what_an_update_leaves_out_a_recopy_skips() -> None:
    left_out = [entry for entry in SWITCHES if ON_UPDATE in entry and entry not in RETIRED]
    assert [path for entry in left_out for path in paths_of(entry)] == SEEDED
