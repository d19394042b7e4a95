"""Findings of the checks; they contain no secret."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.config import Settings


class Level(StrEnum):
    """The severity: an error stops the service or a part of it, a warning may do so later."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """The result of a check.

    Attributes:
        level: the severity.
        subject: one or two words, the same in each run.
        text: the fact or the fault.
        advice: the next step; empty if there is nothing to do.
    """

    level: Level
    subject: str
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Row:
    """A setting: the name of its variable, its value without secrets, and the source of it."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Section:
    """The findings on one part of the service."""

    title: str
    findings: list[Finding]


@dataclass(frozen=True)
class Context:
    """The arguments of each check: the settings, and the number of copies of the service.

    Attributes:
        settings: the settings.
        replicas: the number of copies; None for that of the settings.
    """

    settings: Settings
    replicas: int | None = None

    @property
    def is_local(self) -> bool:
        """Whether this is the machine of a developer."""
        return self.settings.environment == "local"


def run(check: Callable[..., Iterable[Finding]], *arguments: object) -> list[Finding]:
    """Return the findings of a check; its failure is a finding too, without the error's text."""
    findings: list[Finding] = []
    try:
        findings += check(*arguments)
    except Exception as error:
        subject = check.__name__.removeprefix("check_").replace("_", " ")
        text = f"the check failed with {type(error).__name__}"
        advice = "Check it by hand; the other checks do not depend on it."
        findings.append(Finding(Level.WARNING, subject, text, advice))
    return findings
