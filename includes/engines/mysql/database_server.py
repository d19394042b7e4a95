"""Error codes, URLs and statements of MySQL for the tests."""

import datetime as dt
import random
from contextlib import suppress
from decimal import Decimal
from typing import Any

from sqlalchemy import Numeric, func, text
from sqlalchemy.dialects import mysql as own
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# Error codes by their meaning; `OTHER` are errors of the statement.
CONFLICTS: list[Any] = [1062, 1216, 1451, 1452, 1761]
INVALID: list[Any] = [1264, 1366, 1406, 3819, 4025]
UNAVAILABLE: list[Any] = [
    *(1020, 1040, 1114, 1290, 1053, 1205, 1213, 1317, 2003, 2006, 2013, 3024, 4031),
    *(1152, 1156, 1158, 1159, 1160, 1161, 1184),
    # Group Replication and Galera, TiDB, ProxySQL
    *(1047, 1180, 3032, 3100, 3101, 3796, 3799, 6400),
    *(8002, 8005, 8022, 8027, 8028, 8229, 9001, 9003, 9005, 9007, 9013, 9020),
]
# Codes of `UNAVAILABLE` after which the transaction may run again.
RETRYABLE: list[Any] = [1020, 1213, 3101, 8002, 8005, 8022, 8028, 9007]
OTHER: list[Any] = [1048, 1064, 1105, 1146, 1364, 3231, 8004, "no code"]

URL = "mysql://shop:top%2Fsecret@db.example:4000/shop"
UNSAFE_URL = "mysql://shop:Change-Me@db.example/shop"
UNSAFE_BECAUSE = "password is a placeholder"
SPELLINGS = {
    f" {spelling}://shop:secret@db.example:4000/shop\n": (
        "mysql+asyncmy://shop:secret@db.example:4000/shop"
    )
    for spelling in (
        *("mysql", "mysql+asyncmy", "mysql+pymysql", "mysql+aiomysql", "mariadb"),
        *("tidb", "tidb+pymysql"),
    )
}
REFUSED_URLS = [
    ("oracle://h/shop", "this service uses MySQL"),
    ("shop", "it must have the form mysql://USER:PASSWORD@HOST:PORT/NAME"),
    ("mysql://u:p@h:port/shop", "it must have the form"),
    ("mysql://u:p@h", "the database name is missing"),
    ("mysql://u:a@b@h/shop", "must be percent-encoded: write %40 for @"),
    ("mysql://h/shop?colour=blue", "the parameter colour is unknown; accepted are"),
    ("mysql://one,two/shop?unix_socket=/three", "hosts are in two places"),
]

# URLs as providers print them, and the mode of the context that they lead to.
PROVIDER_URLS: dict[str, str | None] = {
    # Aiven, DigitalOcean
    "mysql://avnadmin:pw@shop-team.aivencloud.com:12691/defaultdb?ssl-mode=REQUIRED": "require",
    "mysql://doadmin:pw@db-do-user-1-0.ondigitalocean.com:25060/shop?ssl-mode=REQUIRED": "require",
    # Azure, Google Cloud SQL, Railway, RDS and Aurora
    "mysql://shop:pw@shop.mysql.database.azure.com:3306/shop?useSSL=true&requireSSL=false": (
        "require"
    ),
    "mysql://u:pw@/shop?unix_socket=/cloudsql/project:region:instance": None,
    "mysql://root:pw@roundhouse.proxy.rlwy.net:41234/railway": None,
    "mysql://u:pw@shop.cluster-abc.eu-west-1.rds.amazonaws.com:3306/shop"
    "?ssl_mode=VERIFY_IDENTITY": "verify-full",
    # JawsDB and other add-ons of Heroku
    "mysql://u:pw@eu-cluster.jawsdb.com:3306/shop?reconnect=true": None,
    # PlanetScale: for Prisma, Node.js and others
    "mysql://u:pw@aws.connect.psdb.cloud/shop?sslaccept=strict": "verify-full",
    'mysql://u:pw@aws.connect.psdb.cloud/shop?ssl={"rejectUnauthorized":true}': "verify-full",
    "mysql://u:pw@aws.connect.psdb.cloud/shop?ssl=%7B%22rejectUnauthorized%22%3Atrue%7D": (
        "verify-full"
    ),
    "mysql://u:pw@aws.connect.psdb.cloud/shop?ssl={}": "verify-full",
    "mysql://u:pw@aws.connect.psdb.cloud/shop?ssl=true": "require",
    "mysql://u:pw@aws.connect.psdb.cloud/shop?ssl=VERIFY_IDENTITY": "verify-full",
    # TiDB Cloud
    "mysql://4abc.root:pw@gateway01.eu-central-1.prod.aws.tidbcloud.com:4000/test"
    "?ssl_verify_cert=true&ssl_verify_identity=true": "verify-full",
    # Names and values of other clients
    "mysql://u:pw@h/shop?sslMode=VERIFY_IDENTITY&allowPublicKeyRetrieval=true": "verify-full",
    "mysql://u:pw@h/shop?ssl-mode=DISABLED&useSSL=false&charset=utf8mb4": None,
    'mysql://u:pw@h/shop?ssl={"rejectUnauthorized":false}': "require",
    "mysql://u:pw@h/shop?tls=skip-verify&parseTime=true": "require",
}
REFUSED_TLS = {
    "ssl-mode=verified": "verified is no mode of TLS; accepted are disable, require, verify-ca, v",
    "ssl-mode=PREFERRED": "PREFERRED is no mode of TLS; accepted are disable, require, verify-ca",
    "ssl-mode=VERIFY_CA": "the TLS mode verify-ca needs the file of a CA: set DATABASE_SSL_CA",
    "ssl-mode=DISABLED&ssl-ca=ca.pem": "the TLS mode disable does not use certificates",
    "ssl-mode=DISABLED&ssl=true": "one parameter disables TLS, and another one asks for it",
    "ssl-mode=REQUIRED&ssl_mode=DISABLED&ssl_mode=REQUIRED": "the parameter ssl_mode is there",
    "ssl-ca=a.pem&ssl_ca=b.pem": "the parameter ssl_ca is there twice",
    "sslaccept=sometimes": "sslaccept=sometimes is unknown; accepted are strict, accept_invalid",
    'ssl={"ca":"PEM"}': "ssl has the unknown key ca",
    "connect_timeout=soon": "connect_timeout must be a number of seconds",
}

SAFE_INDEX_OPTIONS = ""
ADD_CHECK = 'op.create_check_constraint("ck_scratch", "scratch", {})'
NOW = text("CURRENT_TIMESTAMP(6)")
PRICE = Numeric(10, 2)
TEXT_INDEX: dict[str, Any] = {}
# The types that only this database has, each with a value.
OWN_TYPES: dict[str, tuple[Any, Any]] = {
    "bit": (own.BIT(4), 5),
    "decimal": (own.DECIMAL(30, 10, unsigned=True), Decimal("1.5")),
    "datetime_fraction": (
        own.DATETIME(fsp=6),
        dt.datetime.fromisoformat("2026-01-02T03:04:05.000067"),
    ),
    "duration": (own.TIME(fsp=3), dt.time(23, 59, 59, 500_000)),
    "float_small": (own.FLOAT, 0.1),
    "long_text": (own.LONGTEXT, "long"),
    "medium": (own.MEDIUMINT, -5),
    "set": (own.SET("a", "b"), {"a", "b"}),
    "timestamp": (own.TIMESTAMP, dt.datetime.fromisoformat("2026-01-02T03:04:05")),
    "tiny": (own.TINYINT(1), 1),
    "unsigned": (own.BIGINT(unsigned=True), 2**64 - 1),
    "year": (own.YEAR, 2026),
    "bytes": (own.VARBINARY(5), b"\x00%\xff"),
}
STREAM_NEEDS_TRANSACTION = False
EXPLAIN = "EXPLAIN"
ANALYZE_PART = text("ANALYZE TABLE part")
# An object of keys and values, and the list of all rows; see docs/recipes/relations-in-lists.md.
JSON_OBJECT, JSON_ARRAY = func.json_object, func.json_arrayagg
UNUSABLE_URL = "mysql://u:top-secret@127.0.0.1:1/shop_test"
UNREACHABLE: dict[str, Any] = {"host": "127.0.0.1", "port": 1, "password": "top-secret"}
DEFAULT_PORT = 3306
BECOME_STANDBY = "SET SESSION TRANSACTION READ ONLY"
# A user that logs in with a password.
CREATE_USER = (
    "CREATE USER {user}@'%' IDENTIFIED BY '{password}'",
    "GRANT ALL PRIVILEGES ON *.* TO {user}@'%'",
)
CHANGE_PASSWORD = "ALTER USER {user}@'%' IDENTIFIED BY '{password}'"
DROP_USER = "DROP USER IF EXISTS {user}@'%'"
CHANGE_NAME = "ALTER TABLE gizmo MODIFY name VARCHAR({}) NOT NULL"
CONNECTION_NUMBER = text("SELECT CONNECTION_ID()")
END_CONNECTION = "KILL {}"
ROUND_TRIPS = {"read": 1, "list": 1, "create": 2}
OTHER_CONNECTIONS = """
    SELECT id FROM information_schema.processlist
    WHERE db = DATABASE() AND id <> CONNECTION_ID()
"""
# A long scan, since a time limit ends SLEEP() without an error.
SLEEP = func.sleep
SLOW = """
    WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    SELECT COUNT(*) FROM n AS a, n AS b, n AS c, n AS d
"""

# The parts of statements that distributed databases refuse or do not distribute, by their manuals;
# and those that migrations send nevertheless: see docs/recipes/distributed-databases.md.
LIMITS = {
    "Galera": r"GET_LOCK|LOCK TABLES|MyISAM|\bXA\b|FLUSH TABLES",
    "Group Replication": r"GET_LOCK|LOCK TABLES|MyISAM|SERIALIZABLE|ON (?:DELETE|UPDATE) CASCADE",
    "TiDB": r"SKIP LOCKED|FOR SHARE|LOCK IN SHARE MODE|LOCK TABLES|SERIALIZABLE|FULLTEXT|SPATIAL"
    r"|\bXA\b|CREATE (?:TRIGGER|PROCEDURE|FUNCTION|EVENT)|utf8mb4_0900",
    "Vitess": r"AUTO_INCREMENT|LOCK TABLES|SPATIAL|\bXA\b|CREATE (?:TRIGGER|PROCEDURE|VIEW)",
}
NEEDED = {"Vitess": {"AUTO_INCREMENT"}}


class DriverError(Exception):
    """An error of the driver with a code."""

    def __init__(self, code: object) -> None:
        super().__init__(code)


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
