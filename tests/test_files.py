import re
from pathlib import Path

import pytest

from tests.source import ASKED, JINJA, choices, read, rendered_path, template_files, templated_files

STATEMENT = re.compile(r"\s*\{%.*%\}\s*")
RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


def has_jinja(name: Path) -> bool:
    return bool(JINJA.search(read(name)))


@pytest.mark.parametrize("name", template_files(), ids=str)
def test_a_suffix_says_whether_there_is_jinja(name: Path) -> None:
    assert has_jinja(name) == (name in templated_files())


@pytest.mark.parametrize("name", template_files(), ids=str)
def test_a_file_can_be_checked_out_on_windows(name: Path) -> None:
    for path in (name.as_posix(), rendered_path(name)):
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', path)
        assert len(path) <= 120
        for part in path.split("/"):
            assert not part.endswith((".", " "))
            assert part.split(".")[0].lower() not in RESERVED


def test_no_two_files_differ_only_in_case() -> None:
    paths = [rendered_path(name).lower() for name in template_files()]
    assert len(set(paths)) == len(paths)


def test_no_file_name_holds_an_answer() -> None:
    named = [name for name in template_files() if "{" in str(name)]
    assert named == [Path("{{ _copier_conf.answers_file }}.jinja")]


def test_reading_the_template_is_reading_the_service() -> None:
    lines = [line for name in template_files() for line in read(name).splitlines()]
    statements = [line for line in lines if STATEMENT.fullmatch(line)]
    assert len(statements) < 0.015 * len(lines), f"{len(statements)} of {len(lines)} lines"
    assert len(templated_files()) <= 35


@pytest.mark.parametrize("name", templated_files(), ids=str)
def test_what_someone_typed_is_always_quoted(name: Path) -> None:
    free = [q for q in ASKED if "one_line(" in ASKED[q].get("validator", "")]
    assert free == ["project_name", "description", "author_name"]
    quoted = "to_json(ensure_ascii=False)"
    if rendered_path(name).endswith(".md"):
        quoted = "text("
    for expression in re.findall(r"\{\{(.*?)\}\}", read(name)):
        if re.search(rf"\b({'|'.join(free)})\b", expression):
            assert quoted in expression


def test_every_choice_is_a_plain_word() -> None:
    words = [word for name in ASKED if "choices" in ASKED[name] for word in choices(name)]
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", word) for word in words)
