"""Findings in the report of the doctor."""

from typing import Any

Report = dict[str, Any]


def faults(report: Report) -> dict[str, str]:
    """Return the levels of all findings that are not ok, by their subjects."""
    return {
        found["subject"]: found["level"]
        for found in report["findings"]
        # The database of the tests may be on another host, without TLS.
        if found["level"] != "ok" and found["subject"] != "encryption"
    }


def finding(report: Report, subject: str) -> dict[str, str]:
    """Return the finding on a subject."""
    (found,) = (found for found in report["findings"] if found["subject"] == subject)
    assert isinstance(found, dict)
    return found


def row(report: Report, name: str) -> tuple[str, str]:
    """Return the value and the source of a setting."""
    (found,) = (found for found in report["settings"] if found["name"] == name)
    return found["value"], found["source"]
