"""One format for all log lines: readable in the local environment, JSON elsewhere."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from json import JSONEncoder
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.core.config import Settings

# The processors of loggers that are not structlog's.
_foreign: list[Processor] = []


def configure_logging(settings: Settings, *, to_stderr: bool = False) -> None:
    """Send the log of the service, of uvicorn and of every library to standard output.

    Args:
        settings: the settings of the process.
        to_stderr: send it to standard error, for a command whose output is data.
    """

    def stream() -> TextIO:
        return sys.stderr if to_stderr else sys.stdout

    local = settings.environment == "local"
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream().isatty())
        if local
        else structlog.processors.JSONRenderer(_dumps)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_common_fields,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=lambda *_: structlog.WriteLogger(stream()),
        # Tests replace the processors of loggers that are in use already.
        cache_logger_on_first_use=not local,
    )
    _foreign[:] = [*shared, structlog.stdlib.add_logger_name]
    handler = logging.StreamHandler(stream())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # At DEBUG a driver may log the values of statements.
    logging.getLogger(settings.sqlalchemy_url.get_driver_name()).setLevel(logging.WARNING)
    # `migration_applied` has the facts of `runtime`; `ddl` names the sequences that it ignores.
    for name in ("alembic.ddl", "alembic.runtime"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The middleware writes the access line.
    logging.getLogger("uvicorn.access").handlers.clear()
    logging.getLogger("uvicorn.access").propagate = False


@contextmanager
def log_processor(processor: Processor) -> Iterator[None]:
    """Run `processor` on all log lines inside the block, also of loggers that are in use."""
    chains: list[list[Processor]] = [
        structlog.get_config()["processors"],
        _foreign,
    ]
    for chain in chains:
        # After the variables of the context, before the renderer.
        chain.insert(1, processor)
    try:
        yield
    finally:
        for chain in chains:
            chain.remove(processor)


def _add_common_fields(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Add level, time and exception, in one call instead of three of structlog's processors."""
    line["level"] = method
    # `isoformat` of a time with a zone takes twice as long.
    line["timestamp"] = f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z"
    if "exc_info" in line:
        # Without local variables, whose values may be secret.
        return structlog.processors.format_exc_info(logger, method, line)
    return line


def _dumps(line: EventDict, default: Callable[[object], object]) -> str:
    """Do what `json.dumps` does, which makes a new encoder for each line."""
    return _encoder(default).encode(line)


@cache
def _encoder(default: Callable[[object], object]) -> JSONEncoder:
    return JSONEncoder(default=default)
