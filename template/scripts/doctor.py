"""`uv run poe doctor`: the doctor of the service; without a database, on the local one."""

import os
import sys
from contextlib import ExitStack

from app.core.config import load_settings
from app.core.doctor.__main__ import main
from app.core.doctor.findings import Finding, Level
from app.core.engine.settings import DatabaseSettings
from scripts import local_database

SUBJECT = "local database"


def check() -> int:
    """Print the report; return the exit code."""
    try:
        if load_settings(DatabaseSettings).configured_url is not None:
            return main()
    except (SystemExit, OSError, ValueError):
        return main()  # its report has the reason
    with ExitStack() as stack:
        try:
            url = stack.enter_context(local_database.running())
        except (SystemExit, Exception) as error:
            text = str(error).partition("\n")[0] or type(error).__name__
            advice = "See Troubleshooting in README.md, or set DATABASE_URL."
            return main(extra=[Finding(Level.ERROR, SUBJECT, text, advice)])
        os.environ["DATABASE_URL"] = url.render_as_string(hide_password=False)
        text = "DATABASE_URL was not set; the tasks set it to this one"
        return main(extra=[Finding(Level.OK, SUBJECT, text)])


if __name__ == "__main__":
    sys.exit(check())
