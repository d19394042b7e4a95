"""A log line for each revision that is applied or undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, event
from structlog import get_logger

logger = get_logger(__name__)


class AppliedRevisions:
    """Logs revisions when they are committed: those that are rolled back have no line."""

    def __init__(self) -> None:
        self.uncommitted: list[dict[str, object]] = []

    @contextmanager
    def logging(self, connection: Connection) -> Iterator[None]:
        """Log the revisions that run in this block."""
        self.started = perf_counter()
        event.listen(connection, "commit", self._log)
        try:
            yield
        finally:
            event.remove(connection, "commit", self._log)

    def note(self, *, ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
        """Remember a complete revision; Alembic calls it before the commit."""
        now = perf_counter()
        direction = "stamp" if step.is_stamp else "upgrade" if step.is_upgrade else "downgrade"
        self.uncommitted.append(
            {
                "revision": step.up_revision_id,
                "message": getattr(step.up_revision, "doc", None),
                "direction": direction,
                "milliseconds": round((now - self.started) * 1000, 1),
            }
        )
        self.started = now
        if not ctx.impl.transactional_ddl:
            self._log()

    def _log(self, *_: object) -> None:
        for facts in self.uncommitted:
            logger.info("migration_applied", **facts)
        self.uncommitted = []
