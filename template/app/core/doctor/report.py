"""The report, as text for people and as JSON for scripts."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from textwrap import wrap

from app.core.doctor.findings import Level, Row, Section

WIDTH = 80
COLOURS = {Level.OK: "32", Level.WARNING: "33", Level.ERROR: "31"}


@dataclass(frozen=True)
class Report:
    """The settings and the findings of all checks."""

    settings: list[Row]
    sections: list[Section]

    def count(self, level: Level) -> int:
        """Return the number of findings of a level."""
        return sum(found.level == level for part in self.sections for found in part.findings)

    def as_json(self) -> str:
        """Return an object with the numbers of errors and warnings, settings and findings."""
        findings = [
            {"section": part.title, **asdict(found)}
            for part in self.sections
            for found in part.findings
        ]
        content = {
            "errors": self.count(Level.ERROR),
            "warnings": self.count(Level.WARNING),
            "settings": [asdict(row) for row in self.settings],
            "findings": findings,
        }
        return json.dumps(content, indent=2)

    def as_text(self, *, colours: bool, verbose: bool) -> str:
        """Return lines of at most 80 columns.

        Args:
            colours: whether the levels are coloured.
            verbose: whether settings with their default are listed too.
        """
        lines = ["Settings", *self._settings(verbose=verbose)]
        for number, part in enumerate(self.sections):
            lines += ["", part.title] if number else []
            for found in part.findings:
                level = f"{found.level:9}"
                if colours:
                    level = f"\x1b[{COLOURS[found.level]}m{level}\x1b[0m"
                text = _wrapped(f"{found.subject}: {found.text}", indent=11)
                lines.append(f"  {level}{text.lstrip()}")
                if found.advice:
                    lines.append(_wrapped(found.advice, indent=14, mark="-> "))
        return "\n".join([*lines, "", self._summary()])

    def _settings(self, *, verbose: bool) -> Iterator[str]:
        shown = [row for row in self.settings if verbose or row.source != "default"]
        for row in shown:
            yield _wrapped(f"{row.name}={row.value}  ({row.source})", indent=2)
        if hidden := len(self.settings) - len(shown):
            yield f"  {hidden} settings have their default; --verbose lists them"

    def _summary(self) -> str:
        errors, warnings = self.count(Level.ERROR), self.count(Level.WARNING)
        return f"Errors: {errors}, warnings: {warnings}"


def _wrapped(text: str, *, indent: int, mark: str = "") -> str:
    first = " " * (indent - len(mark)) + mark
    # A long value stays whole, so that it can be copied.
    lines = wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)
