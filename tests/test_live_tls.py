"""TLS to a real server with certificates of an own CA: by URL, by settings, and for migrations."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers
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
PREPARE = """
import asyncio, sys
from sqlalchemy import text
from app.core.database import engine
from app.core.engine.url import parse_url
from scripts.local_database import create_database

async def main(url, *statements):
    await create_database(parse_url(url))
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))

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
    right, wrong = f"{address}/shop", f"{address}/shop".replace("localhost", "127.0.0.1")
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


def prepare(service: Service, url: str, *statements: str) -> None:
    """Create the database of a URL, and run statements in it."""
    service.run("uv", "run", "python", "-c", PREPARE, url, *statements, DATABASE_URL=url)


def certified(address: str, folder: Path) -> list[Case]:
    """Return cases of the user `certified`: without and with the certificate of the client."""
    user = address.partition("@")[0].rpartition("/")[2]
    url = f"{address}/shop".replace(f"{user}@", "certified@")
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
        prepare(service, f"{address}/shop?sslmode=require", "CREATE ROLE certified LOGIN")
        check(service, address, certificates, statement, ("sslmode", "sslrootcert"))
        cases = [by_parts(f"{address}/shop", "disable"), *certified(address, certificates)]
        found = results(service, f"{address}/shop", statement, cases)
        assert found == [*["InvalidAuthorizationSpecificationError"] * 2, "tls"]


@pytest.fixture
def mysql(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a MySQL with these certificates; it runs until the service is removed."""
    with servers.mysql(certificates=certificates) as url:
        monkeypatch.setenv("TEST_MYSQL_URL", url)
        yield url


def test_mysql_is_verified_as_asked(mysql: str, start: Start, certificates: Path) -> None:
    service = start(database="mysql")
    address = mysql.replace("127.0.0.1", "localhost")
    statements = (
        "CREATE USER certified@'%' REQUIRE X509",
        "GRANT ALL PRIVILEGES ON *.* TO certified@'%'",
    )
    prepare(service, f"{address}/shop", *statements)
    statement = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
    check(service, address, certificates, statement, ("ssl-mode", "ssl-ca"))
    cases = [by_parts(f"{address}/shop", "disable"), *certified(address, certificates)]
    found = results(service, f"{address}/shop", statement, cases)
    assert found == ["plain", "OperationalError", "tls"]
