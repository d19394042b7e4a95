"""Checks of a PostgreSQL server."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import URL, Connection, text

from app.core.config import Settings
from app.core.discovery import import_models
from app.core.doctor.findings import Context, Finding, Level
from app.core.doctor.network import advice_for, check_limits, clock, encryption
from app.core.engine.addresses import addresses
from app.core.engine.replica_settings import replica_settings
from app.core.engine.server_state import only_reads
from app.models.base import Base

# Older releases get no corrections.
OLDEST = 15
VERSION = text("SELECT current_setting('server_version_num')::int, version()")
ENCODING = text("SHOW server_encoding")
TIME_ZONE = text("SHOW TimeZone")
ENCRYPTION = text(
    "SELECT concat_ws(' ', version, cipher) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"
)
READ_ONLY = text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
)
MISSING_RIGHTS = text("""
    SELECT DISTINCT name FROM unnest(CAST(:tables AS text[])) AS name,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS permission
    WHERE NOT has_table_privilege(to_regclass(quote_ident(name)), permission)
    ORDER BY name
""")
# By SQLSTATE.
ADVICE = {
    "28P01": "The password is wrong: correct DATABASE_URL or DATABASE_PASSWORD.",
    "28000": "The server refuses this user, database or host: correct its pg_hba.conf.",
    "3D000": "The database does not exist: create it, or correct its name in DATABASE_URL.",
    "53300": "All connections of the server are in use: see the finding on connections.",
}


def check_before_connecting(context: Context) -> Iterator[Finding]:
    """Find nothing: a server tells its problems when connecting."""
    yield from ()


def reading_url(url: URL) -> URL | None:
    """Return the URL for the checks."""
    return url


def replicas(settings: Settings) -> list[tuple[str, Settings]]:
    """Return the address and the settings of each replica."""
    return [(replica.place, replica) for replica in replica_settings(settings)]


def connect_advice(error: BaseException) -> str:
    """Return the next step after a failed connect."""
    return ADVICE.get(getattr(error, "sqlstate", None) or "") or advice_for(error)


def check_server(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find the version, the encoding, and a server that accepts no writes."""
    number, version = connection.execute(VERSION).one()
    url = connection.engine.url
    place = ", ".join(map(str, addresses(url))) or "the default host"
    name = f"{version.partition(' on ')[0]}, database {url.database} on {place}"
    if number // 10_000 < OLDEST:
        advice = f"Update the server: version {OLDEST} is the oldest that gets corrections."
        yield Finding(Level.WARNING, "server", name, advice)
    else:
        yield Finding(Level.OK, "server", name)
    encoding = connection.scalar(ENCODING)
    if encoding != "UTF8":
        advice = "Create the database with ENCODING 'UTF8', and copy the data."
        yield Finding(Level.WARNING, "encoding", f"{encoding} lacks most characters", advice)
    if not only_reads(context.settings) and connection.scalar(READ_ONLY):
        found = "the server accepts no writes: it is a standby, or read-only by its settings"
        yield Finding(Level.ERROR, "writes", found, "Set DATABASE_URL to the primary.")


def check_encryption(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find an unencrypted connection; the server of a pooler cannot tell."""
    if not context.settings.database_pooler:
        yield encryption(connection.engine.url, connection.scalar(ENCRYPTION))


def check_connections(connection: Connection, context: Context) -> Iterator[Finding]:
    """Compare the pools with the limits of the server; a pooler has connections of its own."""
    if not context.settings.database_pooler:
        yield from check_limits(connection, context)


def check_rights(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find tables that the user may not read or change."""
    import_models()
    tables = [*Base.metadata.tables]
    if missing := connection.scalars(MISSING_RIGHTS, {"tables": tables}).all():
        found = f"the user lacks rights on {', '.join(missing)}"
        advice = "GRANT SELECT, INSERT, UPDATE, DELETE on these tables."
        yield Finding(Level.ERROR, "rights", found, advice)


def check_clock(connection: Connection, context: Context) -> Iterator[Finding]:
    """Compare the clocks, and find a session that is not in UTC."""
    before = datetime.now(UTC)
    theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    yield clock(theirs, before, datetime.now(UTC))
    zone = connection.scalar(TIME_ZONE)
    if zone not in {"UTC", "Etc/UTC", "GMT"}:
        found, advice = f"sessions are in {zone}", "ALTER ROLE … SET timezone = 'UTC'."
        yield Finding(Level.WARNING, "time zone", found, advice)


CHECKS = (check_server, check_encryption, check_rights, check_clock, check_connections)
REPLICA_CHECKS = (check_encryption, check_clock, check_connections)
