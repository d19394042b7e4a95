"""Checks of the database. They only read, and end in time when the server is silent."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, NullPool, literal, select
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.doctor import server
from app.core.doctor.findings import Context, Finding, Level, run
from app.core.doctor.migrations import check_migrations
from app.core.engine import driver
from app.core.engine.addresses import NoUsableHostError, addresses

Check = Callable[[Connection, Context], Iterator[Finding]]
# Seconds for one statement, and for all checks together.
STATEMENT_TIMEOUT = 3.0
TIMEOUT = 12.0


def check_database(context: Context) -> list[Finding]:
    """Connect and run all checks of the database."""
    if context.settings.configured_url is None:
        text, advice = "not checked, because DATABASE_URL is missing", "Set it."
        return [Finding(Level.WARNING, "connection", text, advice)]
    findings = run(server.check_before_connecting, context)
    url = server.reading_url(context.settings.sqlalchemy_url)
    if url is not None and all(found.level == Level.OK for found in findings):
        checks = (*server.CHECKS, check_migrations, check_latency)
        asyncio.run(_connect(url, context, checks, findings))
    for place, settings in server.replicas(context.settings):
        findings += _check_replica(place, replace(context, settings=settings))
    return findings


def _check_replica(place: str, context: Context) -> Iterator[Finding]:
    findings: list[Finding] = []
    checks = (*server.REPLICA_CHECKS, check_latency)
    asyncio.run(_connect(context.settings.sqlalchemy_url, context, checks, findings))
    for found in findings:
        text = f"{place}: {found.text}"
        yield replace(found, subject=f"replica {found.subject}", text=text)


async def _connect(
    url: URL, context: Context, checks: Sequence[Check], findings: list[Finding]
) -> None:
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        **driver.engine_options(context.settings, statement_timeout=STATEMENT_TIMEOUT),
    )
    try:
        async with asyncio.timeout(TIMEOUT), engine.connect() as connection:
            for check in checks:
                findings += await connection.run_sync(_run, check, context)
                # A statement that fails ends its transaction.
                await connection.rollback()
    except Exception as error:
        findings.append(_unavailable(error, context))


def _run(connection: Connection, check: Check, context: Context) -> list[Finding]:
    return run(check, connection, context)


def _unavailable(error: BaseException, context: Context) -> Finding:
    url, shown = context.settings.sqlalchemy_url, error
    # The cause of a time-out is the cancelled wait, which tells nothing.
    while isinstance(cause := getattr(error, "orig", None) or error.__cause__, Exception):
        error = cause
        shown = shown if isinstance(shown, NoUsableHostError) else cause
    text = " ".join(str(shown).split()) or type(shown).__name__
    text = "no answer in time" if isinstance(shown, TimeoutError) else text
    password = url.password or ""
    for secret in (password, quote(password, safe=""), quote_plus(password)):
        text = text.replace(secret, "***") if secret else text
    found = addresses(url)
    names = [str(one) if len(found) > 1 else one.host or "" for one in found]
    place = ", ".join(names) or url.database
    advice = server.connect_advice(error)
    return Finding(Level.ERROR, "connection", f"{place} cannot be used: {text}", advice)


def check_latency(connection: Connection, context: Context) -> Iterator[Finding]:
    """Measure a statement that does nothing."""
    times = []
    for _ in range(4):
        start = time.perf_counter()
        connection.execute(select(literal(1)))
        times.append(time.perf_counter() - start)
    # The first one also begins the transaction.
    text = f"a statement takes {min(times[1:]) * 1000:.1f} ms"
    yield Finding(Level.OK, "latency", text)
