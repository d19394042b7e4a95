"""The revision of a new feature, and what `poe feature` prints last."""

import importlib
import sys
import traceback

from alembic.config import main as alembic

from app.core.config import load_settings
from app.core.engine.settings import DatabaseSettings
from scripts import local_database


def finish(message: str, *, with_revision: bool) -> int:
    """Create the revision in the local database, print the next steps, and return the exit code.

    A configured database is not touched: a command that writes code should not migrate it.
    """
    by_hand = f'uv run poe revision -m "{message}"'
    if with_revision and load_settings(DatabaseSettings).configured_url is None:
        if code := _create(message):
            print(f"The revision was not created. Solve the problem above, then run: {by_hand}")
            return code
    else:
        print(f"Next: {by_hand}")
    print("Read the revision in migrations/versions/, then run: uv run poe check")
    return 0


def _create(message: str) -> int:
    """Migrate, then create a revision from the changes of the models; return the exit code."""
    importlib.invalidate_caches()  # the files of the feature are new
    try:
        with local_database.configured():
            alembic(["upgrade", "head"])
            alembic(["revision", "--autogenerate", "-m", message])
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped by Ctrl+C.", file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0
