"""Sources of settings: variables, files that variables name, `.env`, and a folder of secrets."""

from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from pydantic import SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

Kind = Literal["environment", ".env", "secrets folder", "default"]

FOLDER = "secrets_dir"


class Source(NamedTuple):
    """The place of a setting's value; `path` is the file, if a file has the value."""

    kind: Kind
    path: Path | None = None


class FileSecret(SecretStr):
    """A secret in a file; `get_secret_value` reads the file each time.

    While the file is missing or empty, the secret keeps the value that was read last.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(_read(path))
        self.path = path

    def get_secret_value(self) -> str:
        """Return the content of the file, without the white space around it."""
        with suppress(OSError, UnicodeDecodeError):
            if value := _read(self.path):
                super().__init__(value)
        return super().get_secret_value()


class SourcedSettings(BaseSettings):
    """Settings from the environment, then from `.env`, then from the folder `SECRETS_DIR`.

    The variable `NAME_FILE` is the path of a file with the value of `NAME`. A file in the folder
    has the name of the setting, in any case. An empty value counts as not set.
    """

    model_config = SettingsConfigDict(
        defer_build=True,  # only one subclass is used in a process
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    secrets_dir: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[Any, ...]:
        """Return the sources; the first one that has a value of a setting wins.

        Raises:
            SettingsError: with a line for each file or folder that cannot be used.
        """
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, EnvSettingsSource)
        return init_settings, *_sources(env_settings, dotenv_settings)


def setting_sources(settings: type[BaseSettings]) -> dict[str, Source]:
    """Return the source of each setting, by the name of its field.

    Raises:
        SettingsError: with a line for each file or folder that cannot be used.
    """
    found = dict.fromkeys(settings.model_fields, Source("default"))
    sources = _sources(EnvSettingsSource(settings), DotEnvSettingsSource(settings))
    for source in reversed(sources):
        for name in found.keys() & source():
            found[name] = Source(source.kind, source.files.get(name))
    return found


class _Source:
    """The values of one kind of source; `files` has the paths of the values in files."""

    def __init__(self, kind: Kind, reader: EnvSettingsSource, files: dict[str, Path]) -> None:
        self.kind, self.files = kind, files
        self._reader = reader

    def __call__(self) -> dict[str, Any]:
        """Return the values by the names of their fields."""
        texts = {name: _read(path) for name, path in self.files.items()}
        self._reader.env_vars = {**self._reader.env_vars, **texts}
        fields = self._reader.settings_cls.model_fields
        secrets = {
            name: FileSecret(path)
            for name, path in self.files.items()
            if SecretStr in (fields[name].annotation, *get_args(fields[name].annotation))
        }
        return self._reader() | secrets


def _sources(environment: EnvSettingsSource, env_file: EnvSettingsSource) -> list[_Source]:
    errors: list[str] = []
    found = [
        _Source("environment", environment, _named_files(environment, errors)),
        _Source(".env", env_file, _named_files(env_file, errors)),
    ]
    folder = environment.env_vars.get(FOLDER) or env_file.env_vars.get(FOLDER)
    if folder:
        reader = EnvSettingsSource(environment.settings_cls)
        reader.env_vars = {}
        found.append(_Source("secrets folder", reader, _files_in(Path(folder), reader, errors)))
    if errors:
        raise SettingsError("\n".join(errors))
    return found


def _named_files(reader: EnvSettingsSource, errors: list[str]) -> dict[str, Path]:
    """Return the files that variables such as `DATABASE_PASSWORD_FILE` name."""
    fields, variables = reader.settings_cls.model_fields, reader.env_vars
    files = {}
    for name in fields:
        variable = f"{name}_file"
        path = variables.get(variable)
        if not path or variable in fields:
            continue
        if variables.get(name):
            errors.append(f"{name.upper()} and {variable.upper()} are both set: set one of them.")
        elif problem := _problem(Path(path)):
            errors.append(f"{variable.upper()}: the file {path} {problem}")
        else:
            files[name] = Path(path)
    return files


def _files_in(folder: Path, reader: EnvSettingsSource, errors: list[str]) -> dict[str, Path]:
    """Return the files of a folder that have the names of settings."""
    names: dict[str, list[Path]] = defaultdict(list)
    try:
        for path in folder.iterdir():
            if path.is_file() and path.stat().st_size:
                names[path.name.lower()].append(path)
    except OSError as error:
        errors.append(f"SECRETS_DIR: the folder {folder} cannot be read: {error.strerror}")
    files = {}
    for name in names.keys() & reader.settings_cls.model_fields:
        path, *others = sorted(names[name])
        if others:
            errors.append(f"SECRETS_DIR: {path} and {others[0]} are the same setting.")
        elif problem := _problem(path):
            errors.append(f"SECRETS_DIR: the file {path} {problem}")
        else:
            files[name] = path
    return files


def _problem(path: Path) -> str | None:
    try:
        return None if _read(path) else "is empty"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "is not UTF-8 text"


def _read(path: Path) -> str:
    return path.read_text("utf-8").strip()
