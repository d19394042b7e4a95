"""Find problems of the settings, the database and the machine: `python -m app.core.doctor`.

The exit code is 1 if there is an error, else 0.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from app.core.doctor.database import check_database
from app.core.doctor.feature_settings import check_features
from app.core.doctor.findings import Context, Finding, Level, Row, Section, run
from app.core.doctor.machine import CHECKS
from app.core.doctor.report import Report
from app.core.doctor.telemetry import check_telemetry
from app.core.doctor.variables import check_names, read_settings, refused_names, rows


def main(arguments: Sequence[str] | None = None, *, extra: Sequence[Finding] = ()) -> int:
    """Print the report; return the exit code.

    Args:
        arguments: the options; None for those of the command line.
        extra: findings on the database that are known already.
    """
    options = _options(arguments)
    # A library logs some failures with a traceback; each of them is a finding.
    logging.disable()
    try:
        report = _report(options.replicas, extra)
    finally:
        logging.disable(logging.NOTSET)
    if options.json:
        print(report.as_json())
    else:
        colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        print(report.as_text(colours=colours, verbose=options.verbose))
    failing = {Level.ERROR, Level.WARNING} if options.strict else {Level.ERROR}
    return int(any(report.count(level) for level in failing))


def _report(replicas: int | None, extra: Sequence[Finding]) -> Report:
    settings, findings = read_settings()
    of_features: list[Row] = []
    others = [*run(check_features, of_features), *run(check_names, settings)]
    sections = [Section("Settings", [*findings, *others])]
    if settings is not None:
        context = Context(settings, replicas)
        machine = [found for check in CHECKS for found in run(check, context)]
        sections += [
            Section("Database", [*extra, *run(check_database, context)]),
            Section("Machine", machine),
            Section("Telemetry", run(check_telemetry, context)),
        ]
    return Report([*rows(settings, refused_names(findings)), *of_features], sections)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return int(text)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="doctor", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--replicas", type=_count, help="largest number of copies of the service")
    parser.add_argument("--strict", action="store_true", help="exit code 1 for a warning too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--verbose", action="store_true", help="list all settings")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
