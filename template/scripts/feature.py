"""The generator of features: `uv run poe feature NAME COLUMN… --key uuid`."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.features.columns import OPTIONS, TYPES
from scripts.features.files import PROJECT, generate
from scripts.features.questions import ask
from scripts.features.revision import finish

CONFIG = f"--config={PROJECT / 'pyproject.toml'}"
# UP037: quotes of types, which `from __future__ import annotations` makes needless.
SORT = ("check", "--select=I,UP037", CONFIG)
NAME_ONLY = "name:str(100)"


def write(
    name: str, words: Sequence[str] = (NAME_ONLY,), *, key: str = "int", project: Path = PROJECT
) -> list[Path]:
    """Write a feature and its tests; return the files, and those of other features that it changed.

    Args:
        name: the name of the feature.
        words: its columns, as in the command.
        key: the type of its primary key, `int` or `uuid`.
        project: the folder with `app` and `tests`.

    Raises:
        ValueError: when the name or a column is not accepted; nothing is written then.
    """
    files = generate(name, words, key=key, project=project)
    old = {path: path.read_bytes() for path in files if path.exists()}
    new = [path for path in files if path not in old]
    # Files that were not sorted or formatted before stay so: their lines belong to the owner.
    changed = [path for path in old if _ruff(*SORT, path) == 0]
    formatted = [path for path in old if _ruff("format", "--check", CONFIG, path) == 0]
    try:
        for path, code in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(code.encode("utf-8"))
        _format(new, changed, formatted)
    except BaseException:
        for folder in {path.parent for path in new}:
            shutil.rmtree(folder, ignore_errors=True)
        for path, content in old.items():
            path.write_bytes(content)
        raise
    return [*files]


def _format(new: Sequence[Path], changed: Sequence[Path], formatted: Sequence[Path]) -> None:
    """Drop the imports that no column needs, sort the others, and format the files."""
    together = "--config=format.skip-magic-trailing-comma=true"
    for command, files in (
        (["check", "--select=F401,I", "--fix", CONFIG], new),
        (["format", CONFIG, together], new),
        # The order of imports depends on the length of lines.
        ([*SORT, "--fix"], [*new, *changed]),
        (["format", CONFIG], [*new, *formatted]),
    ):
        _ruff(*command, *files, check=True)


def _ruff(command: str, *arguments: str | Path, check: bool = False) -> int:
    program = Path(sys.executable).with_name("ruff")
    words = [program, command, "--quiet", *arguments]
    return subprocess.run(words, capture_output=not check, check=check).returncode


def main() -> int:
    """Read the command line or ask, and write the feature; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="poe feature",
        description="Create a feature: model, schemas, CRUD, routes, tests and revision.",
        epilog=f"A column is NAME:TYPE; {TYPES}. After the type may be: {OPTIONS}.",
    )
    parser.add_argument("name", nargs="?", help="a noun in the singular, such as order_item")
    parser.add_argument("columns", nargs="*", help='such as "customer:str(120)" "note:text?"')
    parser.add_argument("--key", choices=("int", "uuid"), default="int", help="the primary key")
    parser.add_argument("--dry-run", action="store_true", help="only print the paths")
    parser.add_argument("--no-revision", action="store_true", help="create no revision")
    options = parser.parse_args()
    if options.name is None:
        if not sys.stdin.isatty():
            parser.error('name the feature, such as: order_item "customer:str(120)"')
        try:
            options.name, options.columns, options.key = ask(PROJECT, options.key)
        except EOFError:  # Ctrl-D
            raise SystemExit("\nNothing was written.") from None
    words = options.columns or [NAME_ONLY]
    try:
        if options.dry_run:
            files = [*generate(options.name, words, key=options.key, project=PROJECT)]
        else:
            files = write(options.name, words, key=options.key, project=PROJECT)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    for file in files:
        change = "" if file.parent.name == options.name else " (changed)"
        print(f"{file.relative_to(PROJECT)}{change}")
    message = f"add {options.name}"
    if options.dry_run:
        print("Nothing was written.")
    elif not options.columns:
        print(f'Add columns, then run: uv run poe revision -m "{message}"')
    else:
        return finish(message, with_revision=not options.no_revision)
    return 0


if __name__ == "__main__":
    sys.exit(main())
