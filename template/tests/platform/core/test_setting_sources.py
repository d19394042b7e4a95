"""Settings from the environment, from `.env`, from files and from a folder of secrets."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import NoDecode

from app.core.config import Settings, load_settings
from app.core.setting_sources import FileSecret, Source, SourcedSettings, setting_sources

Write = Callable[[str, str], Path]


class Mail(SourcedSettings):
    mail_host: str = "localhost"
    mail_password: SecretStr | None = None
    mail_lists: list[str] = Field(default=[])
    mail_names: Annotated[str, NoDecode] = ""
    # A setting of its own, and not the file of another one.
    mail_host_file: str = "mail.txt"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, without variables of the settings."""
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.startswith(("MAIL_", "SECRETS_DIR", "DATABASE_")):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    """Write a file of the working directory."""

    def write(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def refusal() -> str:
    with pytest.raises(SystemExit) as stop:
        load_settings(Mail)
    return str(stop.value).removeprefix("The settings are not accepted:\n")


def password(settings: Mail) -> str:
    assert settings.mail_password is not None
    return settings.mail_password.get_secret_value()


def test_a_variable_names_the_file_of_a_value(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD_FILE", str(write("password", "påss\r\n")))
    monkeypatch.setenv("MAIL_LISTS_FILE", str(write("lists", '["a", "b"]\n')))
    settings = Mail()
    assert password(settings) == "påss"
    assert settings.mail_lists == ["a", "b"]


@pytest.mark.parametrize("name", ["MAIL_PASSWORD", "mail_password", "Mail_Password"])
def test_a_folder_has_files_with_the_names_of_settings(
    monkeypatch: pytest.MonkeyPatch, write: Write, name: str
) -> None:
    path = write(f"secrets/{name}", "secret\n")
    write("secrets/mail_host", "")
    write("secrets/other", "other")
    monkeypatch.setenv("SECRETS_DIR", str(path.parent))
    settings = Mail()
    assert password(settings) == "secret"
    assert settings.mail_host == "localhost"


def test_the_environment_wins_then_the_env_file_then_the_folder(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    for name in ("mail_password", "mail_host", "mail_names"):
        write(f"secrets/{name}", "folder")
    in_file = write("password", "file")
    write(
        ".env",
        f"SECRETS_DIR={in_file.parent}/secrets\nMAIL_PASSWORD_FILE={in_file}\nMAIL_HOST=.env",
    )
    settings = Mail()
    assert (password(settings), settings.mail_host, settings.mail_names) == (
        "file",
        ".env",
        "folder",
    )
    monkeypatch.setenv("MAIL_PASSWORD", "environment")
    assert password(Mail()) == "environment"


def test_the_source_of_each_setting_is_known(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    in_folder = write("secrets/MAIL_NAMES", "names")
    in_file = write("password", "secret")
    write(".env", f"MAIL_PASSWORD_FILE={in_file}\nMAIL_LISTS=[]")
    monkeypatch.setenv("SECRETS_DIR", str(in_folder.parent))
    assert setting_sources(Mail) == {
        "secrets_dir": Source("environment"),
        "mail_host": Source("default"),
        "mail_password": Source(".env", in_file),
        "mail_lists": Source(".env"),
        "mail_names": Source("secrets folder", in_folder),
        "mail_host_file": Source("default"),
    }


def test_a_value_and_its_file_are_refused_together(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "top-secret")
    monkeypatch.setenv("MAIL_PASSWORD_FILE", str(write("password", "top-secret")))
    monkeypatch.setenv("MAIL_NAMES_FILE", "/missing/names")
    assert refusal() == (
        "MAIL_PASSWORD and MAIL_PASSWORD_FILE are both set: set one of them.\n"
        "MAIL_NAMES_FILE: the file /missing/names cannot be read: No such file or directory"
    )


def test_an_empty_file_is_refused(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    path = write("password", "\n")
    monkeypatch.setenv("MAIL_PASSWORD_FILE", str(path))
    assert refusal() == f"MAIL_PASSWORD_FILE: the file {path} is empty"


def test_a_file_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "mail_password").write_bytes(b"\xff")
    monkeypatch.setenv("SECRETS_DIR", str(folder))
    assert refusal() == f"SECRETS_DIR: the file {folder / 'mail_password'} is not UTF-8 text"


def test_a_missing_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRETS_DIR", "/missing")
    assert refusal() == (
        "SECRETS_DIR: the folder /missing cannot be read: No such file or directory"
    )


def test_two_files_of_one_setting_are_refused(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    path, other = write("secrets/MAIL_HOST", "a"), write("secrets/mail_host", "b")
    if path.read_text() == "b":
        pytest.skip("names of files have no case here")
    monkeypatch.setenv("SECRETS_DIR", str(path.parent))
    assert refusal() == f"SECRETS_DIR: {path} and {other} are the same setting."


def test_a_secret_in_a_file_is_read_again(write: Write) -> None:
    secret = FileSecret(write("password", "first"))
    assert secret.get_secret_value() == "first"
    path = write("password", "second\n")
    assert secret.get_secret_value() == "second"
    path.write_text("")
    assert secret.get_secret_value() == "second"
    path.unlink()
    assert secret.get_secret_value() == "second"
    assert "second" not in f"{secret!r} {secret}"


def test_the_database_url_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", str(write("url", "oracle://u:top-secret@h/shop\n")))
    with pytest.raises(SystemExit, match=r"DATABASE_URL: this service uses") as stop:
        load_settings(Settings)
    assert "top-secret" not in str(stop.value)
