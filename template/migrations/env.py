"""Alembic's environment: the connection, and the content and names of revisions."""

import asyncio
import io
import re
import warnings
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript, ops
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, NullPool, TypeDecorator, inspect
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.config import get_settings
from app.core.discovery import import_models
from app.core.engine import driver
from app.core.engine.unavailable import exit_if_unavailable
from app.core.errors import MigrationLockError
from app.core.process.logging import configure_logging
from app.models.base import Base
from migrations.applied import AppliedRevisions
from migrations.lint import lint
from migrations.partial_failure import PartialFailure
from migrations.server_defaults import compare_server_default
from migrations.unmapped import include_object

MESSAGE_LENGTH = 100

import_models()

# SQLAlchemy warns of the options of a CHECK that it reads from a database.
warnings.filterwarnings("ignore", "Can't validate argument 'dialect_options'", SAWarning)


def process_revision_directives(
    migration: MigrationContext, heads: object, directives: list[MigrationScript]
) -> None:
    """Drop an empty revision, check its message, and give its file a free name."""
    script = directives[0]
    if AUTOGENERATE is None and script.message is None:
        return  # `alembic check` creates no revision
    if AUTOGENERATE and script.upgrade_ops is not None and script.upgrade_ops.is_empty():
        print("No changes in schema detected.")
        directives.clear()
        return
    message = script.message or ""
    if not re.search(r"\w", message) or len(message) > MESSAGE_LENGTH:
        raise CommandError(
            f"a revision needs a message of 1 to {MESSAGE_LENGTH} characters, "
            'such as -m "add colour to product"'
        )
    number = 1
    while _file(script.message or "").exists():
        number += 1
        script.message = f"{message} {number}"
    _omit_indexes_of_dropped_tables(script)
    _print_findings(script)


def _omit_indexes_of_dropped_tables(script: MigrationScript) -> None:
    """Omit DROP INDEX for the indexes of a dropped table."""
    for changes in filter(None, (script.upgrade_ops, script.downgrade_ops)):
        dropped = {op.table_name for op in changes.ops if isinstance(op, ops.DropTableOp)}
        for table in changes.ops:
            if isinstance(table, ops.ModifyTableOps) and table.table_name in dropped:
                table.ops = [op for op in table.ops if not isinstance(op, ops.DropIndexOp)]


def _print_findings(script: MigrationScript) -> None:
    """Print the unsafe operations of a new revision, and how to accept them."""
    findings = lint([script.upgrade_ops] if script.upgrade_ops else [])
    if findings:
        print("This revision has unsafe operations:")
        print(*(f"    {finding}" for finding in findings), sep="\n")
        print("To accept them, write this line into the revision:")
        print("accepted_operations =", {finding.operation for finding in findings})


def _file(message: str) -> Path:
    slug = "_".join(re.findall(r"\w+", message)).lower()
    return Path(__file__).parent / "versions" / f"{datetime.now().astimezone():%Y-%m-%d}_{slug}.py"


def render_item(kind: str, item: object, autogenerate: AutogenContext) -> str | Literal[False]:
    """Render the database's own type, so that revisions do not depend on the types of the app."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    package, *parts = type(item.impl_instance).__module__.split(".")
    if package != "sqlalchemy":
        return False
    if parts[0] != "dialects":
        return f"sa.{item.impl_instance!r}"
    autogenerate.imports.add(f"from sqlalchemy.dialects import {parts[1]}")
    return f"{parts[1]}.{item.impl_instance!r}"


def run_migrations_offline(**options: Any) -> None:
    """Print SQL instead of running it."""
    context.configure(
        dialect_name=get_settings().sqlalchemy_url.get_dialect().name,
        target_metadata=Base.metadata,
        render_item=render_item,
        process_revision_directives=process_revision_directives,
        **driver.MIGRATION_OPTIONS,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


def do_run_migrations(connection: Connection) -> None:
    """Migrate; other processes that migrate the same database wait."""
    progress, applied = PartialFailure(), AppliedRevisions()

    def complete(*_: Any, **facts: Any) -> None:
        progress.complete()
        applied.note(**facts)

    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=compare_server_default,
        include_object=include_object,
        render_item=render_item,
        process_revision_directives=process_revision_directives,
        on_version_apply=complete,
        **driver.MIGRATION_OPTIONS,
    )
    # `current`, `check` and `revision` only read: without a lock, and without a table of versions.
    options = context.get_context().opts
    reads = options["dont_mutate"] = bool({"dont_mutate", "revision_context"} & {*options})
    if is_up_to_date(connection, context.get_context()):
        return
    connection.rollback()  # to see the data that the previous holder of the lock has committed
    with (
        nullcontext() if reads else driver.migration_lock(connection),
        progress.watching(connection),
        applied.logging(connection),
    ):
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()  # the table of versions, if there is no revision


def is_up_to_date(connection: Connection, migration: MigrationContext) -> bool:
    """Return whether the database has the target revision, so that no lock is needed."""
    try:
        target = context.get_revision_argument()
    except (CommandError, KeyError):
        return False  # a command without a target, or with a relative one
    # A statement on a missing table may lock its name, and another migration would wait for it.
    names = inspect(connection).get_table_names(migration.version_table_schema)
    current = {*migration.get_current_heads()} if migration.version_table in names else set()
    return bool(current) and current == ({*target} if isinstance(target, tuple) else {target})


async def run_async_migrations() -> None:
    """Migrate on a connection without a pool and without time limits."""
    settings = get_settings()
    engine = create_async_engine(
        settings.sqlalchemy_url,
        poolclass=NullPool,
        **driver.engine_options(settings, statement_timeout=None),
    )
    driver.register_listeners(engine.sync_engine)
    async with exit_if_unavailable(engine.url):
        connection = await engine.connect()
    try:
        await connection.run_sync(do_run_migrations)
    except MigrationLockError as error:
        raise CommandError(str(error)) from error
    finally:
        await connection.close()
    await engine.dispose()


def run_migrations_online() -> None:
    """Migrate the database."""
    asyncio.run(run_async_migrations())


if context.config.cmd_opts is not None:  # on the command line, where stdout is SQL or a list
    configure_logging(get_settings(), to_stderr=True)

# Only `alembic revision` has this option; without it no database is needed.
AUTOGENERATE = getattr(context.config.cmd_opts, "autogenerate", None)

if context.is_offline_mode():
    run_migrations_offline(literal_binds=True)
elif AUTOGENERATE is False:
    run_migrations_offline(as_sql=True, output_buffer=io.StringIO())
else:
    run_migrations_online()
