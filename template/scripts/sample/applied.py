"""Whether a database has the revision that creates the table of the sample."""

import subprocess
import sys

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from app.core.config import load_settings
from app.core.engine.settings import DatabaseSettings
from scripts.local_database import folder

FIRST = "d41a5c0b7e92"
CURRENT = ("-m", "scripts.local_database", sys.executable, "-m", "alembic", "current")


def is_configured() -> bool:
    """Return whether a database is configured; it may be that of production."""
    return load_settings(DatabaseSettings).configured_url is not None


def unapplied(config: Config) -> Script | None:
    """Return the sample's revision if it is the only one and the local database does not have it.

    A configured database is not asked, so it may have the revision.
    """
    revisions = [*ScriptDirectory.from_config(config).walk_revisions()]
    if [script.revision for script in revisions] != [FIRST] or is_configured() or _is_applied():
        return None
    return revisions[0]


def _is_applied() -> bool:
    """Return whether the local database has the sample's revision, or cannot be asked."""
    if not folder().exists():
        return False
    result = subprocess.run([sys.executable, *CURRENT], capture_output=True, text=True, check=False)
    return result.returncode != 0 or FIRST in result.stdout
