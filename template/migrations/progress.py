"""What a revision that stopped half way has left in the database."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, event

VERSIONS = Path(__file__).parent / "versions"
SILENT = re.compile(r"\s*(BEGIN|SET)\b|.*\balembic_version\b", re.I | re.S)
SCHEMA_CHANGE = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.I)


class Progress:
    """Sorts the statements of the revision that runs into those that stay and those that may not.

    Where the engine has no transactions over schema changes, such a change commits itself and all
    that was done before it, even if it fails.
    """

    def __init__(self) -> None:
        self.staying: list[str] = []
        self.open: list[str] = []

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """Watch the statements that revisions run.

        Raises:
            CommandError: when one fails, saying where, and what of its revision stays.
        """
        event.listen(connection, "before_cursor_execute", self._before)
        event.listen(connection, "after_cursor_execute", self._after)
        event.listen(connection, "commit", self._keep)
        try:
            yield
        except Exception as error:
            lines = traceback.extract_tb(error.__traceback__)
            places = [line for line in lines if Path(line.filename).parent.name == VERSIONS.name]
            if not places:
                raise
            raise CommandError(self._report(places[-1], error)) from error

    def complete(self, *_: Any, **__: Any) -> None:
        """Begin anew, since a revision is through."""
        self.staying, self.open = [], []

    def _before(self, connection: Connection, cursor: object, sql: str, *_: object) -> None:
        if self._commits(connection, sql):
            self._keep()

    def _after(self, connection: Connection, cursor: Any, sql: str, *_: object) -> None:
        if cursor.description is None and not SILENT.match(sql):
            self.open.append(" ".join(sql.split()))
        if self._commits(connection, sql):
            self._keep()

    def _commits(self, connection: Connection, sql: str) -> bool:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            return True
        transactional = context.get_context().impl.transactional_ddl
        return not transactional and bool(SCHEMA_CHANGE.match(sql))

    def _keep(self, *_: object) -> None:
        self.staying += self.open
        self.open = []

    def _report(self, place: traceback.FrameSummary, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        lines = [f"{Path(place.filename).name} stopped in line {place.lineno}: {cause}"]
        if self.staying:
            lines += ["These of its statements are applied and stay:"]
            lines += [f"    {statement}" for statement in self.staying]
            lines += ["Undo them by hand, or take them out of the revision, then migrate again."]
        else:
            lines += ["Nothing of it is applied: remove the cause, then migrate again."]
        migration = context.get_context()
        one = migration.impl.transactional_ddl and not migration.opts["transaction_per_migration"]
        rest = "Nor is any other of this run." if one else "All revisions before it are complete."
        return "\n".join([*lines, rest])
