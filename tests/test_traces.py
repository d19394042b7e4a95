"""A project shows neither the generator nor what was not chosen."""

import re

import pytest

from tests.rendering import Project
from tests.source import ANSWERS_FILE, ASKED, JINJA, choices, rendered_path, template_files

# How updating works is written where someone who updates looks for it.
ABOUT_UPDATING = {ANSWERS_FILE, "README.md"}
WORDS = {
    "database": {
        "postgresql": r"asyncpg|postgres|pgserver|psycopg|libpq|\bpg_|plpgsql|ON CONFLICT",
        "mysql": r"asyncmy|mysql|mariadb|aiomysql|innodb|cryptography|utf8mb4",
    },
    "container": {"docker": r"docker|compose\b|container image", "none": r"(?!)"},
    "ci": {"github": r"github", "none": r"(?!)"},
    "license": {
        "MIT": r"\bMIT\b|Permission is hereby granted",
        "BSD-3-Clause": r"\bBSD\b|Redistribution and use",
        "Apache-2.0": r"\bApache\b",
        "proprietary": r"proprietary|All rights reserved\.\n\Z",
    },
}
FILES = {
    ("database", "postgresql"): ["app/core/postgresql.py", "scripts/local_postgresql.py"],
    ("database", "mysql"): ["app/core/mysql.py", "scripts/local_mysql.py"],
    ("container", "docker"): ["Dockerfile", ".dockerignore", "compose.yaml"],
    ("ci", "github"): [".github/workflows/ci.yml"],
}


def found(project: Project, words: str) -> list[str]:
    pattern = re.compile(words, re.IGNORECASE)
    return [
        f"{name}: {match.group()}"
        for name, text in project.texts.items()
        for match in pattern.finditer(f"{name}\n{text}")
    ]


@pytest.mark.parametrize("question", WORDS)
def test_nothing_tells_what_was_not_chosen(project: Project, question: str) -> None:
    assert WORDS[question].keys() == set(choices(question))
    for choice, words in WORDS[question].items():
        if choice != project.answers[question]:
            assert not found(project, words)


def test_every_file_is_there_or_not_as_answered(project: Project) -> None:
    for (question, choice), files in FILES.items():
        chosen = project.answers[question] == choice
        assert all((name in project.files) == chosen for name in files)
    switched = {name for files in FILES.values() for name in files}
    everywhere = {rendered_path(name) for name in template_files()} - switched
    assert {name for name in everywhere if not name.startswith(".github/")} <= project.files.keys()


def test_nothing_tells_of_the_generator(project: Project) -> None:
    for name, text in project.texts.items():
        assert not JINJA.search(text), name
        assert "jinja" not in text.lower(), name
        assert "_copier" not in text, name
        if name not in ABOUT_UPDATING:
            assert "copier" not in text.lower(), name


def test_answers_are_kept_and_nothing_else(project: Project) -> None:
    assert project.answers.keys() == ASKED.keys()


def test_nothing_tells_where_it_was_rendered(project: Project) -> None:
    assert not found(project, re.escape(str(project.path)))
