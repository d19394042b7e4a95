"""The file of SQLite: its folder, its disk, and no file that the doctor creates."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.core.doctor import server
from tests.platform.core.doctor.faults import faults, finding

Doctor = Callable[..., Any]


class Usage(NamedTuple):
    free: int


def test_a_missing_file_is_found_and_not_created(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    assert faults(doctor()[1]) == {"file": "warning"}
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert faults(doctor()[1]) == {"file": "error"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("read_only", "subject"), [("", "folder"), ("shop.db", "file")])
def test_what_cannot_be_written_is_found(
    doctor: Doctor,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    read_only: str,
    subject: str,
) -> None:
    (tmp_path / "shop.db").touch()
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    # For root, each file can be written.
    refused = tmp_path / read_only
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != refused)
    code, report = doctor()
    assert faults(report) == {subject: "error"}
    assert str(os.getuid()) in finding(report, subject)["text"]
    assert code == 1


def test_a_file_that_is_no_database_is_found_and_stays(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("shop.db").write_text("no database " * 100)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    code, report = doctor()
    assert faults(report)["content"] == "error"
    assert Path("shop.db").read_text() == "no database " * 100
    assert code == 1


def test_no_file_is_left_beside_the_database(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    assert faults(doctor()[1]).keys() <= {"migrations"}
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


def test_a_file_in_use_is_read_with_its_last_commit(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('of-tomorrow')")
        connection.commit()
        _, report = doctor()
    assert "of-tomorrow" in finding(report, "migrations")["text"]


def test_a_database_in_memory_is_not_checked(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    code, report = doctor()
    assert "in memory" in finding(report, "file")["text"]
    assert (faults(report), code) == ({}, 0)


def test_a_full_disk_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free=1_000))
    assert faults(doctor()[1]) == {"disk": "warning"}


@pytest.mark.parametrize(
    ("mounts", "environment", "expected"),
    [
        ("disk / ext4 rw 0 0", "production", {}),
        ("server:/a / nfs4 rw 0 0", "production", {"disk": "error"}),
        ("overlay / overlay rw 0 0", "production", {"disk": "warning"}),
        ("overlay / overlay rw 0 0", "local", {}),
        ("", "production", {}),
    ],
)
def test_the_file_system_is_checked(
    doctor: Doctor,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    mounts: str,
    environment: str,
    expected: object,
) -> None:
    monkeypatch.setattr(server, "MOUNTS", tmp_path / "mounts")
    monkeypatch.setenv("ENVIRONMENT", environment)
    if mounts:
        (tmp_path / "mounts").write_text(f"proc /proc proc rw 0 0\n{mounts}\n")
    assert faults(doctor()[1]) == expected


def test_an_old_version_is_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OLDEST", (99,))
    assert faults(doctor()[1]) == {"server": "warning"}


def test_a_folder_instead_of_a_file_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "shop.db").mkdir()
    monkeypatch.setenv("DATABASE_URL", "sqlite:///shop.db")
    code, report = doctor()
    assert faults(report) == {"file": "error"}
    assert code == 1
