"""A project shows neither the generator nor what was not chosen."""

import re

import pytest

from tests.rendering import Project
from tests.source import (
    ANSWERS_FILE,
    ASKED,
    JINJA,
    choices,
    is_asked,
    rendered_path,
    template_files,
)

# How updating works is written where someone who updates looks for it.
ABOUT_UPDATING = {
    ANSWERS_FILE,
    "README.md",
    ".github/workflows/template.yml",
    "scripts/update.py",
    "tests/platform/test_update.py",
}
WORDS = {
    "database": {
        "postgresql": r"asyncpg|postgres|pgserver|psycopg|libpq|\bpg_|plpgsql|ON CONFLICT",
        "mysql": r"asyncmy|mysql|mariadb|aiomysql|innodb|cryptography|utf8mb4",
        "sqlite": r"sqlite|memdb|PRAGMA|ExactNumeric",
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
SERVERS = {"postgresql", "mysql"}
# Which answers give a file; a folder stands for all that is in it.
FILES = {
    "tests/platform/core/engine/test_postgresql.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_postgresql_revisions.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_direct_insert.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/write_session/conftest.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/write_session/test_write_session.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/write_session/test_write_session_events.py": (
        "database",
        {"postgresql"},
    ),
    "docs/recipes/row-level-security.md": ("database", {"postgresql"}),
    "tests/platform/recipes/row_level_security.py": ("database", {"postgresql"}),
    "tests/platform/recipes/secure_project.py": ("database", {"postgresql"}),
    "tests/platform/recipes/test_row_level_security.py": ("database", {"postgresql"}),
    "docs/recipes/text-indexes.md": ("database", {"postgresql"}),
    "tests/platform/recipes/text_indexes.py": ("database", {"postgresql"}),
    "tests/platform/recipes/test_text_indexes.py": ("database", {"postgresql"}),
    "app/models/binary_uuid.py": ("database", {"mysql"}),
    "tests/platform/core/engine/test_mysql.py": ("database", {"mysql"}),
    "tests/platform/core/engine/test_insert_by_entity.py": ("database", {"mysql"}),
    "tests/platform/core/engine/test_primary.py": ("database", {"mysql"}),
    "tests/platform/core/engine/test_error_codes.py": ("database", {"mysql"}),
    "app/core/engine/sqlstates.py": ("database", {"postgresql"}),
    "app/core/engine/dialect.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_dialect.py": ("database", {"postgresql"}),
    "app/core/engine/autocommit.py": ("database", {"mysql"}),
    "tests/platform/core/engine/test_autocommit.py": ("database", {"mysql"}),
    "app/core/engine/error_codes.py": ("database", {"mysql"}),
    "app/core/engine/primary.py": ("database", {"mysql"}),
    "app/core/engine/result_codes.py": ("database", {"sqlite"}),
    "app/core/engine/migration_lock/advisory_lock.py": ("database", {"postgresql"}),
    "app/core/engine/migration_lock/named_lock.py": ("database", {"mysql"}),
    "app/core/engine/migration_lock/": ("database", SERVERS),
    "tests/platform/migrations/test_lease.py": ("database", SERVERS),
    "tests/platform/migrations/test_lock_row.py": ("database", SERVERS),
    "tests/platform/core/engine/test_advisory_lock.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_named_lock.py": ("database", {"mysql"}),
    "app/core/engine/foreign_keys.py": ("database", {"postgresql", "sqlite"}),
    "app/core/engine/statement_timeout.py": ("database", {"sqlite"}),
    "app/models/exact_numeric.py": ("database", {"sqlite"}),
    "tests/platform/core/engine/test_sqlite_connections.py": ("database", {"sqlite"}),
    "tests/platform/core/engine/test_sqlite_memory.py": ("database", {"sqlite"}),
    "app/core/doctor/network.py": ("database", SERVERS),
    "tests/platform/core/doctor/test_network.py": ("database", SERVERS),
    "tests/platform/core/doctor/test_postgresql.py": ("database", {"postgresql"}),
    "tests/platform/core/doctor/test_mysql.py": ("database", {"mysql"}),
    "tests/platform/core/doctor/test_sqlite.py": ("database", {"sqlite"}),
    "app/core/engine/hosts/": ("database", SERVERS),
    "tests/platform/core/engine/hosts/": ("database", SERVERS),
    "app/core/engine/connecting.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_connecting_hosts.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_host_kinds.py": ("database", {"postgresql"}),
    "tests/platform/core/engine/test_host_urls.py": ("database", {"postgresql"}),
    "app/core/engine/limits.py": ("database", SERVERS),
    "app/core/replica_checks.py": ("database", SERVERS),
    "app/core/replica_positions.py": ("database", SERVERS),
    "app/core/replicas.py": ("database", SERVERS),
    "app/core/engine/replica_settings.py": ("database", SERVERS),
    "app/core/engine/tls.py": ("database", SERVERS),
    "docs/recipes/managed-databases.md": ("database", SERVERS),
    "docs/recipes/several-servers.md": ("database", SERVERS),
    "docs/recipes/distributed-databases.md": ("database", SERVERS),
    "tests/platform/migrations/test_distributed.py": ("database", SERVERS),
    "scripts/local_server.py": ("database", SERVERS),
    "tests/platform/core/engine/test_server_settings.py": ("database", SERVERS),
    "tests/platform/core/engine/test_tls.py": ("database", SERVERS),
    "tests/platform/network/": ("database", SERVERS),
    "tests/platform/recipes/database_token.py": ("database", SERVERS),
    "tests/platform/recipes/replica.py": ("database", SERVERS),
    "tests/platform/recipes/test_database_token.py": ("database", SERVERS),
    "tests/platform/recipes/test_replica.py": ("database", SERVERS),
    "tests/platform/recipes/test_steps.py": ("database", SERVERS),
    "tests/platform/recipes/mysql_steps.py": ("database", {"mysql"}),
    "tests/platform/recipes/postgresql_steps.py": ("database", {"postgresql"}),
    "Dockerfile": ("container", {"docker"}),
    ".dockerignore": ("container", {"docker"}),
    "compose.yaml": ("container", {"docker"}),
    "docs/recipes/kubernetes.md": ("container", {"docker"}),
    "tests/platform/recipes/test_kubernetes.py": ("container", {"docker"}),
    ".github/": ("ci", {"github"}),
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
    everywhere = {rendered_path(name) for name in template_files()}
    for name, (question, chosen) in FILES.items():
        switched = {path for path in everywhere if f"{path}/".startswith(name)}
        assert switched
        assert switched & project.files.keys() == (
            switched if project.answers[question] in chosen else set()
        )
        everywhere -= switched
    assert everywhere <= project.files.keys()


def test_nothing_tells_of_the_generator(project: Project) -> None:
    for name, text in project.texts.items():
        assert not JINJA.search(text), name
        assert "jinja" not in text.lower(), name
        assert "_copier" not in text, name
        if name not in ABOUT_UPDATING:
            assert "copier" not in text.lower(), name


def test_answers_are_kept_and_nothing_else(project: Project) -> None:
    assert project.answers.keys() == {n for n in ASKED if is_asked(n, project.answers)}


def test_nothing_tells_where_it_was_rendered(project: Project) -> None:
    assert not found(project, re.escape(str(project.path)))
