"""TLS to a real server with certificates of an own CA: by URL, by settings, and for migrations."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import live, servers
from tests.certificates import make_ca, make_certificate
from tests.live import Service

pytestmark = pytest.mark.proof

Start = Callable[..., Service]
Case = dict[str, str]

# Connects with the variables of each case, and prints `tls`, `plain` or the name of the error.
CONNECT = """
import asyncio, json, os, sys
from sqlalchemy import text
from app.core.config import Settings
from app.core.database import build_engine

async def connect(statement, variables):
    os.environ |= variables
    try:
        engine = build_engine(Settings(_env_file=None))
        async with engine.connect() as connection:
            encrypted = (await connection.execute(text(statement))).first()[-1]
        await engine.dispose()
        return "tls" if encrypted else "plain"
    except Exception as error:
        while error.__cause__ is not None:
            error = error.__cause__
        return type(error).__name__
    finally:
        for name in variables:
            del os.environ[name]

statement, *cases = json.loads(sys.argv[1])
print(json.dumps([asyncio.run(connect(statement, case)) for case in cases]))
"""
# Runs statements in the database of a URL, which it creates, and prints the rows of each.
PREPARE = """
import asyncio, json, sys
from sqlalchemy import text
from app.core.database import engine
from app.core.engine.url import parse_url
from scripts.local_database import create_database

async def main(url, *statements):
    await create_database(parse_url(url))
    async with engine.begin() as connection:
        for statement in statements:
            found = await connection.execute(text(statement))
            print(json.dumps([list(row) for row in found] if found.returns_rows else []))

asyncio.run(main(*sys.argv[1:]))
"""
WRONG = "SSLCertVerificationError"


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Certificates of the server `localhost` and of the client `certified`, and another CA."""
    folder = tmp_path / "certificates"
    folder.mkdir(mode=0o755)
    make_ca(folder, "ca")
    make_ca(folder, "other")
    make_certificate(folder, "server", ca="ca", subject="server", host="localhost")
    make_certificate(folder, "client", ca="ca", subject="certified", host="client")
    return folder


def results(service: Service, url: str, statement: str, cases: list[Case]) -> list[str]:
    """Return what a connection with the variables of each case is."""
    arguments = json.dumps([statement, *cases])
    found = service.run("uv", "run", "python", "-c", CONNECT, arguments, DATABASE_URL=url)
    names: list[str] = json.loads(found.splitlines()[-1])
    return names


def by_parts(url: str, mode: str, *, ca: Path | None = None) -> Case:
    values = {"DATABASE_URL": url, "DATABASE_SSL_MODE": mode}
    return values | ({"DATABASE_SSL_CA": str(ca)} if ca else {})


def check(
    service: Service, address: str, folder: Path, statement: str, parameters: tuple[str, ...]
) -> None:
    """Check the modes, by the parameters of a URL (mode and CA) and by settings."""
    right = f"{address}/{service.database}"
    wrong = right.replace("localhost", "127.0.0.1")
    ca, other = folder / "ca.pem", folder / "other.pem"
    mode, file = parameters
    expected = [
        ("require", None, wrong, "tls"),
        ("verify-ca", ca, wrong, "tls"),
        ("verify-ca", other, right, WRONG),
        ("verify-full", ca, right, "tls"),
        ("verify-full", ca, wrong, WRONG),
        ("verify-full", other, right, WRONG),
        # The CAs of the system do not know the CA of the server.
        ("verify-full", None, right, WRONG),
    ]
    cases = [by_parts(url, name, ca=path) for name, path, url, _ in expected]
    cases += [
        {"DATABASE_URL": f"{url}?{mode}={name}" + (f"&{file}={path}" if path else "")}
        for name, path, url, _ in expected
    ]
    found = results(service, right, statement, cases)
    assert found == [meant for *_, meant in expected] * 2

    service.run("uv", "run", "alembic", "upgrade", "head", **by_parts(right, "verify-full", ca=ca))
    refused = service.environment | by_parts(right, "verify-full", ca=other)
    with pytest.raises(pytest.fail.Exception, match="certificate verify failed"):
        service.run("uv", "run", "alembic", "upgrade", "head", **refused)


def prepare(service: Service, url: str, *statements: str) -> list[list[list[str]]]:
    """Create the database of a URL, run statements in it, and return the rows of each."""
    found = service.run("uv", "run", "python", "-c", PREPARE, url, *statements, DATABASE_URL=url)
    return [json.loads(line) for line in found.splitlines()[-len(statements) :]]


def certified(url: str, folder: Path) -> list[Case]:
    """Return cases of the user `certified`: without and with the certificate of the client."""
    user = url.partition("@")[0].rpartition("/")[2]
    url = url.replace(f"{user}@", "certified@")
    verified = by_parts(url, "verify-full", ca=folder / "ca.pem")
    client = {
        "DATABASE_SSL_CERT": str(folder / "client.pem"),
        "DATABASE_SSL_KEY": str(folder / "client.key"),
    }
    return [verified, verified | client]


def test_postgresql_is_verified_as_asked(start: Start, certificates: Path) -> None:
    servers.program("postgres")
    service = start(database="postgresql")
    statement = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    with servers.postgresql(certificates=certificates) as url:
        address = url.replace("127.0.0.1", "localhost")
        url = f"{address}/{service.database}"
        prepare(service, f"{url}?sslmode=require", "CREATE ROLE certified LOGIN")
        check(service, address, certificates, statement, ("sslmode", "sslrootcert"))
        cases = [by_parts(url, "disable"), *certified(url, certificates)]
        found = results(service, url, statement, cases)
        assert found == [*["InvalidAuthorizationSpecificationError"] * 2, "tls"]


@pytest.fixture
def mysql(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str | None]:
    """The URL of a MySQL of the test with these certificates; None with `TEST_MYSQL_URL`.

    It runs until the service is removed.
    """
    if live.mysql_server():
        yield None
        return
    with servers.mysql(certificates=certificates) as url:
        monkeypatch.setenv("TEST_MYSQL_URL", url)
        yield url


@contextmanager
def reloaded(service: Service, url: str, certificates: Path) -> Iterator[None]:
    """Let a running MySQL use these certificates; connections without TLS notice nothing."""
    names = ("ssl_ca", "ssl_cert", "ssl_key")
    columns = ", ".join(f"@@{name}" for name in ("secure_file_priv", *names))
    [[folder, *before]] = prepare(service, url, f"SELECT {columns}")[0]
    files = [certificates / name for name in ("ca.pem", "server.pem", "server.key")]
    copies = [str(file) for file in files]
    if folder:
        # A server in a container reads no files of this machine, but writes into this folder.
        copies = [f"{folder.rstrip('/')}/{service.database}-{file.name}" for file in files]
        texts = [file.read_text("ascii") for file in files]
        pairs = zip(texts, copies, strict=True)
        prepare(service, url, *(f"SELECT '{text}' INTO DUMPFILE '{copy}'" for text, copy in pairs))

    def use(values: list[str]) -> list[str]:
        pairs = zip(names, values, strict=True)
        return [*(f"SET GLOBAL {n} = '{v}'" for n, v in pairs), "ALTER INSTANCE RELOAD TLS"]

    try:
        prepare(service, url, *use(copies))
        yield
    finally:
        prepare(service, url, *use(before), "DROP USER IF EXISTS certified@'%'")


def check_mysql(service: Service, address: str, certificates: Path) -> None:
    """Check the modes, and a user with a certificate."""
    url = f"{address}/{service.database}"
    statements = (
        "CREATE USER certified@'%' REQUIRE X509",
        "GRANT ALL PRIVILEGES ON *.* TO certified@'%'",
    )
    prepare(service, url, *statements)
    statement = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
    check(service, address, certificates, statement, ("ssl-mode", "ssl-ca"))
    cases = [by_parts(url, "disable"), *certified(url, certificates)]
    found = results(service, url, statement, cases)
    assert found == ["plain", "OperationalError", "tls"]


def test_mysql_is_verified_as_asked(mysql: str | None, start: Start, certificates: Path) -> None:
    service = start(database="mysql")
    assert service.server is not None
    address = service.server.replace("127.0.0.1", "localhost")
    if mysql:
        check_mysql(service, address, certificates)
        return
    with reloaded(service, f"{address}/{service.database}", certificates):
        check_mysql(service, address, certificates)
