"""Benchmarks of a generated service against three baselines.

    uv run python -m benchmarks [PART …] [--quick]

Each part renders the service, measures it, prints its tables and writes them to a folder. The
default part is `speed`. Ratios are comparable between machines; seconds are not.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks import calls, command, costs, features, middleware, speed, table_size, telemetry
from benchmarks.options import Options

PARTS: dict[str, Callable[[Options], str]] = {
    "speed": speed.measure,
    "mysql": speed.measure_mysql,
    "calls": calls.measure,
    "costs": costs.measure,
    "tables": table_size.measure,
    "features": features.measure,
    "command": command.measure,
    "telemetry": telemetry.measure,
    "middleware": middleware.measure,
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser("benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS), default=["speed"])
    parser.add_argument(
        "--quick", action="store_true", help="a short run, without reliable figures"
    )
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=3, help="length of a slice")
    parser.add_argument("--database-url", help="database instead of the project's local one")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}")
    options = Options(
        rounds=1 if given.quick else given.rounds,
        seconds=1 if given.quick else given.seconds,
        quick=given.quick,
        database_url=given.database_url,
        output=given.output,
    )
    options.output.mkdir(parents=True, exist_ok=True)
    for part in given.parts:
        text = PARTS[part](options)
        (options.output / f"{part}.md").write_text(text, "utf-8")
        print(text)


if __name__ == "__main__":
    main()
