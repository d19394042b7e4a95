"""Checks of the settings: values, sources, and names that nothing reads."""

import os
import re
from collections.abc import Container, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from pydantic import BaseModel, SecretStr

import app
from app.core.config import Settings, load_settings
from app.core.doctor.findings import Finding, Level, Row
from app.core.feature_settings import feature_settings
from app.core.setting_sources import SourcedSettings, setting_sources

HIDDEN = "***"
REFUSED = "not accepted"
# Names of settings, and parts of URLs, that hold a secret without the type `SecretStr`.
SECRET_NAME = re.compile(r"credential|dsn|key|pass|secret|token", re.IGNORECASE)
# Paths, which are no secrets themselves.
PATHS = ("database_ssl_key", "secrets_dir")
# They are shown without their passwords.
SHOWN_URLS = ("database_replica_url", "database_url")
USER_INFO = re.compile(r"(?<=//)[^/\s]+@")
PASSWORD = re.compile(r"(?<=//)([^:/]*:)[^@]*(?=@)")
SECRET_PARAMETER = re.compile(r"(?<=[?&])([^=&]*(?:key|pass|secret|token)[^=&]*=)[^&]*", re.I)
# Read by other programs; set by an orchestrator for the address of a service named `database`.
OF_OTHERS = ("COMPOSE_", "OTEL_", "POE_", "PYTHON", "TEST_DATABASE_URL", "UV_")
ADDRESSES = re.compile(r".*_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))(_.*)?")
FIELD = re.compile(r"^ +(\w+): ", re.MULTILINE)
SIMILARITY = 0.85


class _Unchecked(Settings):
    """The settings without the checks of their combination."""

    def url_errors(self, *, workers: int) -> Iterator[str]:
        yield from ()

    def production_errors(self) -> Iterator[str]:
        yield from ()


def read_settings() -> tuple[Settings | None, list[Finding]]:
    """Return the settings, and a finding for each reason that stops the start.

    A refused value is replaced by the default, so that the other checks can run. The settings are
    None if they cannot be read at all.
    """
    try:
        return load_settings(Settings), [Finding(Level.OK, "settings", "all values are accepted")]
    except SystemExit as stop:
        messages = str(stop).splitlines()[1:]
    except (OSError, ValueError) as error:
        advice = "Correct the file .env, or the rights to read it."
        return None, [Finding(Level.ERROR, "settings", f"they cannot be read: {error}", advice)]
    findings = [
        Finding(Level.ERROR, "settings", message, "The service does not start: correct the value.")
        for message in messages
    ]
    refused = refused_names(findings)
    defaults = {
        name: field.default for name, field in Settings.model_fields.items() if name in refused
    }
    try:
        return _Unchecked(**defaults), findings
    except ValueError:
        return None, findings


def refused_names(findings: Iterable[Finding]) -> set[str]:
    """Return the fields whose values are not accepted."""
    return {found.text.partition(":")[0].lower() for found in findings}


def rows(
    settings: SourcedSettings | None,
    refused: Container[str] = (),
    settings_class: type[SourcedSettings] | None = None,
) -> list[Row]:
    """Return all settings with their sources; secrets are hidden.

    Args:
        settings: the values; None if there are none.
        refused: fields whose values are not accepted, so that `settings` has their default.
        settings_class: the class of the settings; None for those of the service.
    """
    try:
        sources = setting_sources(settings_class or Settings)
    except (OSError, ValueError):
        return []
    found = []
    for name, (kind, path) in sources.items():
        value = "?" if settings is None else _shown(name, getattr(settings, name))
        value = REFUSED if name in refused and kind != "default" else value
        found.append(Row(name.upper(), value, f"{kind}, file {path}" if path else kind))
    return found


def _shown(name: str, value: object) -> str:
    if value is None:
        return "not set"
    if name in SHOWN_URLS and isinstance(value, SecretStr):
        address = PASSWORD.sub(rf"\g<1>{HIDDEN}", value.get_secret_value().strip())
        return SECRET_PARAMETER.sub(rf"\g<1>{HIDDEN}", address)
    is_named_secret = SECRET_NAME.search(name) and name not in PATHS
    if isinstance(value, SecretStr | BaseModel | dict) or is_named_secret:
        return HIDDEN
    return USER_INFO.sub(f"{HIDDEN}@", " ".join(str(value).split()))


def check_names(settings: Settings | None) -> Iterator[Finding]:
    """Find names that look like settings and are none.

    In `.env` these are all unknown names; elsewhere those that resemble a setting.
    """
    classes: list[type[SourcedSettings]] = [Settings, *feature_settings()]
    fields = {name.upper() for each in classes for name in each.model_fields}
    known = {*fields, *(f"{name}_FILE" for name in fields)}
    others = _fields_of_the_service()
    folder = settings and settings.secrets_dir
    places = {
        "environment": [*os.environ],
        ".env": [*dotenv_values(str(Settings.model_config["env_file"]))],
        "secrets folder": [path.name for path in Path(folder).iterdir()] if folder else [],
    }
    for place, names in places.items():
        for name in sorted({name.upper() for name in names} - known):
            if name.startswith(OF_OTHERS) or ADDRESSES.fullmatch(name):
                continue
            if name.removesuffix("_FILE") in others:
                continue
            nearest = get_close_matches(name, known, n=1, cutoff=SIMILARITY)
            if place == ".env" or name.startswith("DATABASE_") or (nearest and len(name) > 5):
                nearest = nearest or get_close_matches(name, known, n=1)
                advice = f"Did you mean {nearest[0]}?" if nearest else "Remove it."
                text = f"no setting is called {name} ({place})"
                yield Finding(Level.WARNING, "unknown variable", text, advice)


def _fields_of_the_service() -> set[str]:
    """Return the names of the fields of all classes, such as other settings of a feature."""
    files = (file for folder in app.__path__ for file in Path(folder).rglob("*.py"))
    return {name.upper() for file in files for name in FIELD.findall(file.read_text("utf-8"))}
