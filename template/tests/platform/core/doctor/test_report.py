"""The report as a whole: form, exit code, independence of the checks, and no secrets."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.doctor import __main__ as doctor_command
from app.core.doctor import machine
from app.core.doctor.__main__ import main
from app.core.doctor.findings import Context, Finding, Level, Row, Section
from app.core.doctor.report import Report
from tests.platform.core.doctor.faults import faults, finding

Doctor = Callable[..., Any]
PROBLEMS = Report(
    [Row("HOST", "127.0.0.1", "default"), Row("PORT", "1", ".env")],
    [
        Section("Settings", [Finding(Level.WARNING, "one", "text " * 30, "Do this.")]),
        Section("Machine", [Finding(Level.ERROR, "two", "text"), Finding(Level.OK, "three", "x")]),
    ],
)


def test_a_healthy_service_has_no_finding(doctor: Doctor) -> None:
    code, report = doctor("--strict")
    assert faults(report) == {}
    assert code == 0 or finding(report, "encryption")["level"] == "warning"
    assert {found["section"] for found in report["findings"]} == {
        *("Settings", "Database", "Machine", "Telemetry")
    }


@pytest.mark.parametrize("replicas", ["0", "two"])
def test_a_wrong_number_of_replicas_is_refused(doctor: Doctor, replicas: str) -> None:
    with pytest.raises(SystemExit):
        doctor("--replicas", replicas)
    assert doctor_command._options(["--replicas", "2"]).replicas == 2


def test_the_text_is_80_columns_wide_and_plain() -> None:
    text = PROBLEMS.as_text(colours=False, verbose=False)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "PORT=1  (.env)" in text
    assert "HOST" not in text
    assert "1 settings have their default" in text
    assert "-> Do this." in text
    assert text.endswith("Errors: 1, warnings: 1")


def test_verbose_lists_all_settings() -> None:
    text = PROBLEMS.as_text(colours=False, verbose=True)
    assert "HOST=127.0.0.1  (default)" in text
    assert "have their default" not in text


def test_levels_have_colours_on_a_terminal(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    main([])
    assert "\x1b[32mok" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    main([])
    assert "\x1b" not in capsys.readouterr().out


def test_a_warning_fails_with_strict_only(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    monkeypatch.setenv("DATABASE_COLOUR", "red")
    assert doctor()[0] == 0
    assert doctor("--strict")[0] == 1


def test_a_check_that_fails_is_a_finding_and_the_others_run(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_colours(context: Context) -> Iterator[Finding]:
        yield Finding(Level.OK, "colours", "red")
        raise RuntimeError("top-secret")

    monkeypatch.setattr(doctor_command, "CHECKS", (check_colours, *machine.CHECKS))
    code, report = doctor()
    assert faults(report) == {"colours": "warning"}
    assert finding(report, "versions")
    assert "top-secret" not in str(report)
    assert code == 0


def test_findings_that_are_known_already_are_in_the_report(
    doctor: Doctor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([], extra=[Finding(Level.ERROR, "local database", "it did not start")]) == 1
    assert "local database: it did not start" in capsys.readouterr().out


def test_it_runs_without_development_tools_and_outside_the_folder_of_the_service(
    doctor: Doctor, tmp_path: Path
) -> None:
    project = Path(doctor_command.__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-m", "app.core.doctor"],
        env={**os.environ, "PYTHONPATH": str(project)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.startswith("Settings\n")
    assert result.returncode == 0
