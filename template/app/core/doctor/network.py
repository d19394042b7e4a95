"""Checks of a database server: reasons of a failed connect, encryption, clock and limits."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import URL, Connection

from app.core.doctor.findings import Context, Finding, Level
from app.core.engine import driver
from app.core.engine.addresses import addresses
from app.core.engine.limits import connections_for_checks

CLOCK_TOLERANCE = timedelta(seconds=2)
# By the cause of a failed connect; the first type that fits.
ADVICE: dict[type[BaseException], str] = {
    TimeoutError: "Check the address, a firewall on the way, and whether the server is overloaded.",
    socket.gaierror: "The name of the host is unknown: correct it in DATABASE_URL.",
    ssl.SSLError: "Check the certificate of the server, DATABASE_SSL_CA and DATABASE_SSL_MODE.",
    OSError: "Nothing answers at this address, or the server has no TLS: start it, or correct "
    "DATABASE_URL or DATABASE_SSL_MODE.",
}
UNKNOWN = "Read the log of the database server."


def advice_for(error: BaseException) -> str:
    """Return the next step after a connect that failed without an answer of the server."""
    return next((text for kind, text in ADVICE.items() if isinstance(error, kind)), UNKNOWN)


def encryption(url: URL, cipher: str | None) -> Finding:
    """Return the finding on the encryption of the connection.

    Args:
        url: the address of the server.
        cipher: the protocol and the cipher; nothing without encryption.
    """
    if cipher:
        return Finding(Level.OK, "encryption", cipher)
    if all(map(_is_local, hosts(url))):
        return Finding(Level.OK, "encryption", "none, and the connection stays on this machine")
    text = f"none: all data can be read on the way to {', '.join(hosts(url))}"
    advice = "Set DATABASE_SSL_MODE=verify-full, or require if the certificate is unknown."
    return Finding(Level.WARNING, "encryption", text, advice)


def hosts(url: URL) -> list[str]:
    """Return the hosts of a URL, without their ports; none for the default of the driver."""
    return [address.host for address in addresses(url) if address.host]


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.startswith("/")  # a Unix socket


def clock(theirs: datetime, before: datetime, after: datetime) -> Finding:
    """Return the finding on the clock of the server.

    Args:
        theirs: the time of the server.
        before: the time of this machine before the statement.
        after: the time of this machine after the statement.
    """
    difference = max(before - theirs, theirs - after, timedelta())
    text = f"it differs by {difference.total_seconds():.1f} s from the clock of this machine"
    if difference > CLOCK_TOLERANCE:
        return Finding(Level.WARNING, "clock", text, "Synchronize both clocks by NTP.")
    return Finding(Level.OK, "clock", text)


def check_limits(connection: Connection, context: Context) -> Iterator[Finding]:
    """Compare the pools of all processes with the limits of the server."""
    settings = context.settings
    limit = int(connection.execute(driver.CONNECTION_LIMIT).scalar_one())
    idle = int(connection.execute(driver.IDLE_TIMEOUT).scalar_one())
    pool = settings.database_pool_size + settings.database_max_overflow
    checks = connections_for_checks(settings)
    replicas = context.replicas or settings.service_replicas
    wanted = replicas * settings.web_concurrency * (pool + checks)
    per_process = f"(pool {pool} + checks {checks})" if checks else f"pool {pool}"
    text = (
        f"{wanted} (replicas {replicas} x processes {settings.web_concurrency} x {per_process}); "
        f"the server accepts {limit or 'any number'}"
    )
    if 0 < limit < wanted:
        advice = (
            "Lower DATABASE_POOL_SIZE, DATABASE_MAX_OVERFLOW or WEB_CONCURRENCY, or raise the "
            "limit of the server. During a deployment old and new replicas run together."
        )
        yield Finding(Level.ERROR, "connections", text, advice)
    else:
        yield Finding(Level.OK, "connections", text)
    recycle = settings.database_pool_recycle
    if 0 < idle <= recycle:
        yield Finding(
            Level.WARNING,
            "idle timeout",
            f"the server closes idle connections after {idle} s, the pool after {recycle} s",
            f"Set DATABASE_POOL_RECYCLE below {idle}.",
        )
