"""Error codes, URLs and statements of PostgreSQL for the tests."""

import datetime as dt
import ipaddress
import random
from contextlib import suppress
from typing import Any

from sqlalchemy import ARRAY, Integer, Numeric, String, func, text
from sqlalchemy.dialects import postgresql as own
from sqlalchemy.dialects.postgresql.ranges import MultiRange
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.core.config import get_settings

# Error codes by their meaning; `OTHER` are errors of the statement.
CONFLICTS: list[Any] = ["23001", "23503", "23505", "23P01"]
INVALID: list[Any] = ["22001", "22003", "22021", "23514"]
UNAVAILABLE: list[Any] = [
    *("08006", "25006", "40001", "40003", "40P01", "53300", "55P03", "57014", "57P01"),
]
# Codes of `UNAVAILABLE` after which the transaction may run again.
RETRYABLE: list[Any] = ["40001", "40P01"]
OTHER: list[Any] = ["22012", "22023", "23502", "42601", "42P01", ""]

URL = "postgresql://shop:top%2Fsecret@db.example:4000/shop"
UNSAFE_URL = "postgresql://shop:Change-Me@db.example/shop"
UNSAFE_BECAUSE = "password is a placeholder"
SPELLINGS = {
    f" {spelling}://shop:secret@db.example:4000/shop\n": (
        "postgresql+asyncpg://shop:secret@db.example:4000/shop"
    )
    for spelling in (
        *("postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"),
        *("cockroachdb", "cockroachdb+psycopg2", "yugabytedb+psycopg2"),
    )
}
REFUSED_URLS = [
    ("oracle://h/shop", "this service uses PostgreSQL"),
    ("shop", "it must have the form postgresql://USER:PASSWORD@HOST:PORT/NAME"),
    ("postgresql://u:p@h:port/shop", "it must have the form"),
    ("postgresql://u:p@h", "the database name is missing"),
    ("postgresql://u:a@b@h/shop", "must be percent-encoded: write %40 for @"),
    ("postgresql://h/shop?colour=blue", "the parameter colour is unknown; accepted are"),
]

# URLs as providers print them, and the argument `ssl` of the driver, or the mode of its context.
PROVIDER_URLS: dict[str, str | None] = {
    # Aiven, Azure, DigitalOcean, Timescale
    "postgres://avnadmin:pw@shop-team.aivencloud.com:12691/defaultdb?sslmode=require": "require",
    "postgresql://u:pw@shop.postgres.database.azure.com:5432/postgres?sslmode=require": "require",
    "postgresql://doadmin:pw@db-do-user-1-0.ondigitalocean.com:25060/shop?sslmode=require": (
        "require"
    ),
    # CockroachDB
    "postgresql://u:pw@free.aws.cockroachlabs.cloud:26257/shop?sslmode=verify-full"
    "&options=--cluster%3Dshop-1": "verify-full",
    # Google Cloud SQL by its proxy's socket
    "postgresql://u:pw@/shop?host=/cloudsql/project:region:instance": None,
    # Heroku, Railway, Render, RDS and Aurora
    "postgres://u:pw@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d5k6": None,
    "postgresql://postgres:pw@roundhouse.proxy.rlwy.net:41234/railway": None,
    "postgresql://shop:pw@dpg-abc-a.frankfurt-postgres.render.com/shop": None,
    "postgresql://u:pw@shop.cluster-abc.eu-west-1.rds.amazonaws.com:5432/shop"
    "?sslmode=verify-full&sslrootcert=system": "verify-full",
    # Neon: direct, pooled, and for clients that send no host name
    "postgresql://u:pw@ep-cool-1.eu-central-1.aws.neon.tech/neondb"
    "?sslmode=require&channel_binding=require": "verify-full",
    "postgresql://u:pw@ep-cool-1-pooler.eu-central-1.aws.neon.tech/neondb"
    "?sslmode=require&channel_binding=require&connect_timeout=10": "verify-full",
    "postgresql://u:pw@ep-cool-1.eu-central-1.aws.neon.tech/neondb"
    "?sslmode=require&options=endpoint%3Dep-cool-1": "require",
    # PlanetScale
    "postgresql://u:pw@eu-central-1.pg.psdb.cloud:6432/postgres"
    "?sslmode=verify-full&sslrootcert=system": "verify-full",
    # Supabase: direct, session pooler, transaction pooler for Prisma, and by Vercel
    "postgresql://postgres:pw@db.abcdefgh.supabase.co:5432/postgres": None,
    "postgresql://postgres.abcdefgh:pw@aws-0-eu-central-1.pooler.supabase.com:5432/postgres": None,
    "postgresql://postgres.abcdefgh:pw@aws-0-eu-central-1.pooler.supabase.com:6543/postgres"
    "?pgbouncer=true&connection_limit=1": None,
    "postgres://postgres.abcdefgh:pw@aws-0-us-east-1.pooler.supabase.com:6543/postgres"
    "?sslmode=require&supa=base-pooler.x": "require",
}
REFUSED_TLS = {
    "sslmode=verified": "verified is no mode of TLS; accepted are disable, allow, prefer, require",
    "sslmode=verify-ca": "the TLS mode verify-ca needs the file of a CA: set DATABASE_SSL_CA",
    "sslmode=prefer&sslrootcert=ca.pem": "the TLS mode prefer does not use certificates",
    "sslmode=require&sslrootcert=system": "the TLS mode require needs the file of a CA",
    "sslmode=disable&ssl=true": "sslmode and ssl contradict each other",
    "sslmode=require&sslmode=disable": "the parameter sslmode is there twice",
    "sslmode=disable&channel_binding=require": "contradict each other",
    "channel_binding=always": "channel_binding=always is not supported; accepted are disable, ",
    "gssencmode=require": "gssencmode=require is not supported; accepted are disable, prefer",
    "ssl_min_protocol_version=TLSv1.3": "ssl_min_protocol_version=tlsv1.3 is not supported",
    "sslpassword=secret": "the parameter sslpassword is not accepted: use a key without a password",
    "sslcrl=crl.pem": "the parameter sslcrl is not accepted",
    "sslnegotiation=direct": "sslnegotiation=direct needs sslmode=require or a stronger mode",
    "sslnegotiation=later": "sslnegotiation=later is unknown; accepted are direct, postgres",
    "target_session_attrs=leader": "target_session_attrs=leader is unknown; accepted are any, ",
    "connect_timeout=soon": "connect_timeout must be a number of seconds",
}

SAFE_INDEX_OPTIONS = ", postgresql_concurrently=True"
ADD_CHECK = 'op.create_check_constraint("ck_scratch", "scratch", {}, postgresql_not_valid=True)'
NOW = func.now()
PRICE = Numeric(10, 2)
# An index of the column `name` that prefix searches use in every collation.
TEXT_INDEX: dict[str, Any] = {"postgresql_ops": {"name": "text_pattern_ops"}}
# The types that only this database has, each with a value.
OWN_TYPES: dict[str, tuple[Any, Any]] = {
    "jsonb": (own.JSONB, {"a": [1, None]}),
    "array": (ARRAY(Integer), [1, None, 3]),
    "arrays": (own.ARRAY(String(5), dimensions=2), [["a", "b"], ["c", "d,"]]),
    "bit": (own.BIT(4), own.BitString("0101")),
    "cidr": (own.CIDR, ipaddress.ip_network("10.0.0.0/8")),
    "inet": (own.INET, ipaddress.ip_address("::1")),
    "macaddr": (own.MACADDR, "08:00:2b:01:02:03"),
    "range": (own.INT4RANGE, own.Range(1, 5)),
    "multirange": (own.INT4MULTIRANGE, MultiRange([own.Range(1, 5)])),
    "tsvector": (own.TSVECTOR, "'a':1"),
    "domain": (own.DOMAIN("whole", Integer), 7),
    "interval_own": (own.INTERVAL, dt.timedelta(days=40)),
    "time_zone": (own.TIME(timezone=True), dt.time(3, tzinfo=dt.UTC)),
    "oid": (own.OID, 5),
}
STREAM_NEEDS_TRANSACTION = True
EXPLAIN = "EXPLAIN"
ANALYZE_PART = text("ANALYZE part")
# An object of keys and values, and the list of all rows; see docs/recipes/relations-in-lists.md.
JSON_OBJECT, JSON_ARRAY = func.json_build_object, func.json_agg
UNUSABLE_URL = "postgresql://u:top-secret@127.0.0.1:1/shop_test"
UNREACHABLE: dict[str, Any] = {"host": "127.0.0.1", "port": 1, "password": "top-secret"}
DEFAULT_PORT = 5432
BECOME_STANDBY = "SET default_transaction_read_only = on"
# A role that logs in with a password.
CREATE_USER = ("CREATE ROLE {user} LOGIN PASSWORD '{password}'",)
CHANGE_PASSWORD = "ALTER ROLE {user} PASSWORD '{password}'"
DROP_USER = "DROP ROLE IF EXISTS {user}"
CHANGE_NAME = "ALTER TABLE gizmo ALTER COLUMN name TYPE varchar({})"
CONNECTION_NUMBER = text("SELECT pg_backend_pid()")
END_CONNECTION = "SELECT pg_terminate_backend({})"
# Behind a pooler everything is in a transaction, and each statement is prepared again.
ROUND_TRIPS = (
    {"read": 4, "list": 4, "create": 4}
    if get_settings().database_pooler
    else {"read": 1, "list": 1, "create": 3}
)
OTHER_CONNECTIONS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SLEEP = func.pg_sleep
SLOW = "SELECT pg_sleep(10)"

# The parts of statements that distributed databases refuse, by their manuals; and those that
# migrations send nevertheless: see docs/recipes/distributed-databases.md.
LIMITS = {
    "Aurora DSQL": r"SAVEPOINT|TRUNCATE|SEQUENCE|\w*SERIAL\b|FOREIGN KEY|EXCLUDE|COLLATE"
    r"|CREATE (?:TEMP|EXTENSION|TYPE|TRIGGER|MATERIALIZED)|CREATE (?:UNIQUE )?INDEX(?! ASYNC)",
    "Citus": r"LOCK TABLE|EXCLUDE|FOR (?:SHARE|NO KEY UPDATE|KEY SHARE)",
    "CockroachDB": r"\w*advisory\w*|LOCK TABLE|LISTEN|NOTIFY|EXCLUDE|WITH HOLD|ctid"
    r"|CREATE (?:TEMP|EXTENSION|DOMAIN)|XML",
    "YugabyteDB": r"LOCK TABLE|LISTEN|NOTIFY|EXCLUDE|XML|CREATE TABLESPACE",
}
NEEDED = {"Aurora DSQL": {"BIGSERIAL", "CREATE INDEX"}}


class DriverError(Exception):
    """An error of the driver with a code."""

    def __init__(self, code: object) -> None:
        self.sqlstate = code


async def connection_number(connection: AsyncConnection) -> int:
    """Return the server's number of a connection."""
    number: int = (await connection.execute(CONNECTION_NUMBER)).scalar_one()
    return number


async def end_connection(engine: AsyncEngine, number: int) -> None:
    """Let the server close a connection, through a connection of `engine`, perhaps the same."""
    with suppress(DBAPIError):
        async with engine.connect() as connection:
            await connection.execute(text(END_CONNECTION.format(number)))


async def disturb(engine: AsyncEngine) -> None:
    """Close a random connection to the database."""
    async with engine.connect() as connection:
        numbers = list((await connection.scalars(text(OTHER_CONNECTIONS))).all())
    if numbers:
        await end_connection(engine, random.choice(numbers))
