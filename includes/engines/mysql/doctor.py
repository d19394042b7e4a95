"""Checks of a MySQL or MariaDB server."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import URL, Connection, Table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.config import Settings
from app.core.discovery import import_models
from app.core.doctor.findings import Context, Finding, Level
from app.core.doctor.network import advice_for, check_limits, clock, encryption
from app.core.engine.addresses import addresses
from app.core.engine.driver import COLLATION
from app.core.engine.replica_settings import replica_settings
from app.core.engine.server_state import only_reads
from app.models.base import Base

# Older releases are not tested.
OLDEST = {"MySQL": (8, 4), "MariaDB": (10, 11)}
ENCRYPTION = text("SHOW SESSION STATUS WHERE variable_name IN ('Ssl_version', 'Ssl_cipher')")
READ_ONLY = text("SELECT @@global.read_only")
COLLATIONS = text(
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_collation <> :collation"
)
# Each needs the same rights as the statement, and runs nothing.
EXPLAIN = (
    "EXPLAIN INSERT INTO {table} SELECT * FROM {table}",
    "EXPLAIN UPDATE {table} SET {column} = {column}",
    "EXPLAIN DELETE FROM {table}",
)
NO_RIGHT = frozenset({1142, 1143})
# By the code of the server or of the driver.
ADVICE = {
    1040: "All connections of the server are in use: see the finding on connections.",
    1044: "The user may not use this database: GRANT it, or correct DATABASE_URL.",
    1045: "The user or the password is wrong: correct DATABASE_URL or DATABASE_PASSWORD.",
    1049: "The database does not exist: create it, or correct its name in DATABASE_URL.",
    2013: "Check the address, a firewall on the way, and whether the server is overloaded.",
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
    return ADVICE.get(_code(error)) or advice_for(error)


def check_server(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find the version, and a server that accepts no writes."""
    dialect, url = connection.dialect, connection.engine.url
    product = "MariaDB" if getattr(dialect, "is_mariadb", False) else "MySQL"
    place = ", ".join(map(str, addresses(url))) or "the default host"
    version = dialect.server_version_info or ()
    number = ".".join(map(str, version[:3]))
    name = f"{product} {number}, database {url.database} on {place}"
    if version[:2] < OLDEST[product]:
        oldest = ".".join(map(str, OLDEST[product]))
        advice = f"Update the server: {oldest} is the oldest version that the service supports."
        yield Finding(Level.WARNING, "server", name, advice)
    else:
        yield Finding(Level.OK, "server", name)
    if not only_reads(context.settings) and connection.scalar(READ_ONLY):
        found = "the server accepts no writes: it is a replica, or read-only by its settings"
        yield Finding(Level.ERROR, "writes", found, "Set DATABASE_URL to the primary.")


def check_encryption(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find an unencrypted connection."""
    status = {row[0]: row[1] for row in connection.execute(ENCRYPTION)}
    cipher = f"{status.get('Ssl_version', '')} {status.get('Ssl_cipher', '')}".strip()
    yield encryption(connection.engine.url, cipher)


def check_rights(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find tables that the user may not read or change."""
    import_models()
    if missing := [name for name in Base.metadata.tables.values() if _lacks(connection, name)]:
        found = f"the user lacks rights on {', '.join(table.name for table in missing)}"
        advice = "GRANT SELECT, INSERT, UPDATE, DELETE on these tables."
        yield Finding(Level.ERROR, "rights", found, advice)


def _lacks(connection: Connection, table: Table) -> bool:
    quote = connection.dialect.identifier_preparer
    names = {"table": quote.format_table(table), "column": quote.format_column(table.columns[0])}
    try:
        for statement in EXPLAIN:
            connection.exec_driver_sql(statement.format(**names))
    except (OperationalError, ProgrammingError) as error:
        return _code(error.orig) in NO_RIGHT
    return False


def check_collation(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find tables of the models that compare text in another way."""
    import_models()
    other = connection.scalars(COLLATIONS, {"collation": COLLATION}).all()
    if names := sorted(Base.metadata.tables.keys() & {*other}):
        found = f"{', '.join(names)} do not have {COLLATION}"
        advice = f"ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE {COLLATION}."
        yield Finding(Level.WARNING, "collation", found, advice)


def check_clock(connection: Connection, context: Context) -> Iterator[Finding]:
    """Compare the clocks; all sessions of the service are in UTC."""
    before = datetime.now(UTC)
    theirs: datetime = connection.execute(text("SELECT UTC_TIMESTAMP(6)")).scalar_one()
    yield clock(theirs.replace(tzinfo=UTC), before, datetime.now(UTC))


CHECKS = (check_server, check_encryption, check_rights, check_collation, check_clock, check_limits)
REPLICA_CHECKS = (check_encryption, check_clock, check_limits)


def _code(error: BaseException | None) -> int:
    arguments = getattr(error, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0
