"""The revision that drops the tables of the sample, made from its models."""

import io
import os
from argparse import Namespace
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.operations import MigrationScript, ops
from sqlalchemy import Table

from app.core.discovery import import_models
from app.core.engine.url import DRIVER
from app.models.base import Base
from scripts.sample.applied import is_configured

MODELS = "app.product."


def sample_tables() -> list[Table]:
    """Return the tables of the sample, each after those that it refers to."""
    import_models()
    mappers = [m for m in Base.registry.mappers if m.class_.__module__.startswith(MODELS)]
    own = {mapper.local_table for mapper in mappers}
    return [table for table in Base.metadata.sorted_tables if table in own]


def create_drop(tables: Sequence[Table], config: Config) -> Path:
    """Create a revision that drops tables and accepts this; no database is needed.

    Raises:
        CommandError: when the revisions have several heads.
    """
    if not is_configured():
        os.environ["DATABASE_URL"] = f"{DRIVER}:///unused"  # for the dialect

    def fill(_: object, __: object, scripts: list[MigrationScript]) -> None:
        upgrade, downgrade = scripts[0].upgrade_ops, scripts[0].downgrade_ops
        assert upgrade is not None
        assert downgrade is not None
        upgrade.ops = [ops.DropTableOp.from_table(table) for table in reversed(tables)]
        for table in tables:
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            downgrade.ops.append(ops.CreateTableOp.from_table(table))
            downgrade.ops += map(ops.CreateIndexOp.from_index, indexes)

    config.cmd_opts = Namespace(autogenerate=False)
    # Alembic's lines ask to accept the operations, which is done below.
    with redirect_stdout(io.StringIO()):
        script: Any = command.revision(config, "drop product", process_revision_directives=fill)
    file = Path(script.path)
    accepted = ", ".join(f'"drop table {table.name}"' for table in tables)
    line = f"depends_on = None\naccepted_operations = {{{accepted}}}\n"
    file.write_text(file.read_text("utf-8").replace("depends_on = None\n", line, 1), "utf-8")
    return file
