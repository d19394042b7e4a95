"""A report of the statements that a failed revision leaves in the database."""

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


class PartialFailure:
    """Tracks which statements of the running revision are committed.

    Without transactional DDL, a schema change commits itself and the statements before it, even
    when it fails. With it, only an `autocommit_block()` commits.
    """

    def __init__(self) -> None:
        self.committed: list[str] = []
        self.uncommitted: list[str] = []

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """Watch the statements of revisions.

        Raises:
            CommandError: when a statement fails; it names the line and the committed statements.
        """
        event.listen(connection, "before_cursor_execute", self._before)
        event.listen(connection, "after_cursor_execute", self._after)
        event.listen(connection, "commit", self._commit)
        try:
            yield
        except Exception as error:
            lines = traceback.extract_tb(error.__traceback__)
            places = [line for line in lines if Path(line.filename).parent.name == VERSIONS.name]
            if not places:
                raise
            raise CommandError(self._report(places[-1], error)) from error

    def complete(self) -> None:
        """Start again for the next revision."""
        self.committed, self.uncommitted = [], []

    def _before(self, connection: Connection, cursor: object, sql: str, *_: object) -> None:
        if self._commits(connection, sql):
            self._commit()

    def _after(self, connection: Connection, cursor: Any, sql: str, *_: object) -> None:
        if cursor.description is None and not SILENT.match(sql):
            self.uncommitted.append(" ".join(sql.split()))
        if self._commits(connection, sql):
            self._commit()

    def _commits(self, connection: Connection, sql: str) -> bool:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            return True
        transactional = context.get_context().impl.transactional_ddl
        return not transactional and bool(SCHEMA_CHANGE.match(sql))

    def _commit(self, *_: object) -> None:
        self.committed += self.uncommitted
        self.uncommitted = []

    def _report(self, place: traceback.FrameSummary, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        lines = [f"{Path(place.filename).name} failed in line {place.lineno}: {cause}"]
        if self.committed:
            lines += ["These statements of the revision are committed:"]
            lines += [f"    {statement}" for statement in self.committed]
            lines += ["Undo them by hand, or remove them from the revision, then migrate again."]
        else:
            lines += ["The revision is rolled back. Remove the cause, then migrate again."]
        migration = context.get_context()
        one = migration.impl.transactional_ddl and not migration.opts["transaction_per_migration"]
        rest = (
            "All revisions of this run are rolled back."
            if one
            else "All revisions before it are complete."
        )
        return "\n".join([*lines, rest])
