"""Check of the revisions in the database against the files in `migrations/versions/`."""

from collections.abc import Iterator
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import app
from app.core.doctor.findings import Context, Finding, Level

PROJECT = Path(app.__file__).parents[1]


def check_migrations(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find pending and unknown revisions, and several heads."""
    script = ScriptDirectory.from_config(Config(PROJECT / "alembic.ini"))
    heads, current = script.get_heads(), MigrationContext.configure(connection).get_current_heads()
    files = {revision.revision for revision in script.walk_revisions()}
    if len(heads) > 1:
        yield Finding(
            Level.ERROR,
            "migrations",
            f"{len(heads)} revisions have no successor: {', '.join(sorted(heads))}",
            "Two branches of the code were merged: `alembic merge heads -m merge` joins them.",
        )
    if unknown := sorted(set(current) - files):
        yield Finding(
            Level.WARNING,
            "migrations",
            f"the database has the revision {', '.join(unknown)}, and no file here has it",
            "A newer release has migrated the database: deploy it, or get the file back.",
        )
        return
    applied = {revision.revision for revision in script.iterate_revisions(current, "base")}
    if pending := len(files - applied):
        command = "uv run poe migrate" if context.is_local else "alembic upgrade head"
        yield Finding(
            # A developer's next `poe dev` applies them.
            Level.WARNING if context.is_local else Level.ERROR,
            "migrations",
            f"{pending} of {len(files)} are pending; the database has {_names(current)}",
            f"Apply them: `{command}`.",
        )
    else:
        state = f"all are applied, up to {_names(current)}" if files else "there are none"
        yield Finding(Level.OK, "migrations", state)


def _names(revisions: tuple[str, ...]) -> str:
    return ", ".join(revisions) or "none"
