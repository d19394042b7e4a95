"""The removal of the sample feature `product`: `uv run poe remove-sample`."""

import sys
from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError

from scripts.sample.applied import is_configured, unapplied
from scripts.sample.files import PROJECT, SAMPLE, TEXTS, discard, edit_texts, has_sample, unsaved
from scripts.sample.revision import create_drop, sample_tables
from scripts.sample.uses import uses

UNAPPLIED = """\
Its revision was the only one, and the local database does not have it. If another database does,
restore {}, then run: uv run poe revision -m "drop product\""""
DROPPED = "Created {}: it drops the table with its rows in each database that you migrate."
CONFIGURED = "This command did not connect to the database of DATABASE_URL."


def main() -> int:
    """Remove the sample, print what was done, and return the exit code.

    Raises:
        SystemExit: with the reason, when the sample cannot be removed; nothing is changed then.
    """
    if not has_sample(PROJECT):
        print("There is no sample.")
        return 0
    _refuse([*uses(PROJECT), *unsaved(PROJECT, *SAMPLE, *TEXTS)])
    paths = [path for path in SAMPLE if (PROJECT / path).exists()]
    done = _undo_revision(paths)
    kept = discard(PROJECT, paths)
    print("Removed:", *paths)
    if kept:
        print(f"There is no Git repository, so these files are now in {kept}.")
    print("Edited:", *edit_texts(PROJECT, kept))
    if kept:
        print("The same folder has a copy of each edited file, as it was before.")
    print(*done, "Next: uv run poe check", sep="\n")
    return 0


def _undo_revision(paths: list[str]) -> list[str]:
    """Let the revisions leave no table of the sample; return the lines to print."""
    config = Config(PROJECT / "alembic.ini")
    if first := unapplied(config):
        name = str(Path(first.path).relative_to(PROJECT))
        _refuse(unsaved(PROJECT, name))
        paths.append(name)
        (PROJECT / name).with_name(".gitkeep").touch()
        return [UNAPPLIED.format(name)]
    notes = [CONFIGURED] if is_configured() else []
    try:
        file = create_drop(sample_tables(), config)
    except CommandError as error:
        raise SystemExit(f"{error}\nNothing was changed.") from None
    return [DROPPED.format(file.relative_to(PROJECT)), *notes]


def _refuse(problems: list[str]) -> None:
    """Exit with the problems, if there are any."""
    if problems:
        raise SystemExit("\n".join([*problems, "Nothing was changed."]))


if __name__ == "__main__":
    sys.exit(main())
