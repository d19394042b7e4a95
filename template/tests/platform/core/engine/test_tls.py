"""TLS by the parameters of a URL and by settings."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, make_url

from app.core.config import Settings, load_settings
from app.core.engine.tls import Tls
from app.core.engine.url import TLS, driver_arguments, parse_url
from tests.platform.database_server import PROVIDER_URLS, REFUSED_TLS
from tests.platform.database_server import URL as ADDRESS

CA = """\
-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUcIjFr7RmxXNbxZU9LT/SJ4I/igYwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjYwNzQ2NTlaGA8yMTI2MTEwMjA3
NDY1OVowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABG/2WqWVXL92mLdtdpNkztHI4Y/J86XwAhiA1gdmEhWHksg26EyIqf2eqitV
cLwv2goDQcEWYAl8lnVPw52JwlijUzBRMB0GA1UdDgQWBBQoXWjp3zJjEq/ktEec
b137EYkAPjAfBgNVHSMEGDAWgBQoXWjp3zJjEq/ktEecb137EYkAPjAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIA1SgaGRJxFWsq5rISm7SagolJk8
C0t0eqD/wG8xXzVlAiEA1d27NytbvWWG1l6HJyNEFltsOJ2aU33qhVOtV3z5WJU=
-----END CERTIFICATE-----
"""
MODE, FILE = TLS[0], TLS[1]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def ca(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text(CA)
    return str(path)


def settings(url: str = ADDRESS, **values: Any) -> Settings:
    return Settings(_env_file=None, database_url=SecretStr(url), **values)


def arguments(url: URL) -> dict[str, Any]:
    """Return the arguments of the driver's `connect` for a URL."""
    return driver_arguments(url.get_dialect()().create_connect_args(url)[1])


def verification(url: URL) -> str:
    """Return the mode of the context that a URL leads to."""
    context = arguments(url).get("ssl")
    if not isinstance(context, ssl.SSLContext):
        return str(context)
    if context.check_hostname:
        return "verify-full"
    return "verify-ca" if context.verify_mode is ssl.CERT_REQUIRED else "require"


@pytest.mark.parametrize(("url", "mode"), PROVIDER_URLS.items())
def test_the_url_of_a_provider_is_accepted_as_it_is(url: str, mode: str | None) -> None:
    configured = settings(url).sqlalchemy_url
    assert configured.database
    assert verification(configured) == str(mode)
    # `DATABASE_URL` of the tests is such a URL, written out.
    assert parse_url(configured.render_as_string(hide_password=False)) == configured


@pytest.mark.parametrize(("query", "message"), REFUSED_TLS.items())
def test_parameters_that_cannot_be_kept_are_refused(query: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings(f"{ADDRESS}?{query}")


def test_a_mode_is_never_weaker_than_asked(ca: str) -> None:
    expected = {
        ("require", None): "require",
        ("require", ca): "verify-ca",
        ("verify-ca", ca): "verify-ca",
        ("verify-full", ca): "verify-full",
        ("verify-full", "system"): "verify-full",
        ("verify-full", None): "verify-full",
        (None, ca): "verify-full",
        (None, "system"): "verify-full",
    }
    for (mode, file), meant in expected.items():
        by_parts = settings(database_ssl_mode=mode, database_ssl_ca=file).sqlalchemy_url
        query = {name: value for name, value in ((MODE, mode), (FILE, file)) if value}
        by_url = settings(str(make_url(ADDRESS).update_query_dict(query))).sqlalchemy_url
        for url in (by_parts, by_url):
            assert verification(url) in {meant, *([mode] if file is None else [])}
            assert Tls.of(url, TLS).mode == meant


def test_a_setting_may_strengthen_the_mode_of_the_url_and_not_weaken_it() -> None:
    url = f"{ADDRESS}?sslmode=require"
    strengthened = settings(url, database_ssl_mode="verify-full").sqlalchemy_url
    assert verification(strengthened) == "verify-full"
    with pytest.raises(ValueError, match="DATABASE_SSL_MODE=disable is weaker than require in"):
        settings(url, database_ssl_mode="disable")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"database_ssl_mode": "full"}, "full is no mode of TLS; accepted are disable, "),
        ({"database_ssl_mode": "verify-ca"}, "the TLS mode verify-ca needs the file of a CA"),
        (
            {"database_ssl_mode": "verify-ca", "database_ssl_ca": "system"},
            "the TLS mode verify-ca needs the file of a CA",
        ),
        (
            {"database_ssl_mode": "disable", "database_ssl_ca": "ca.pem"},
            "the TLS mode disable does not use certificates",
        ),
        ({"database_ssl_key": "key.pem"}, "the key of the client .DATABASE_SSL_KEY. needs its"),
        ({"database_ssl_ca": "/missing.pem"}, "the file /missing.pem is missing"),
        ({"database_ssl_ca": CA}, "must be the path of a file, not its content"),
        ({"database_ssl_ca": "pyproject.toml"}, "the certificates in pyproject.toml cannot be"),
        ({"database_ssl_cert": "pyproject.toml"}, "the certificates in pyproject.toml cannot be"),
    ],
)
def test_settings_of_tls_that_cannot_work_are_refused_at_start(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], message: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    for name, value in values.items():
        monkeypatch.setenv(name.upper(), value)
    with pytest.raises(SystemExit, match=message) as stop:
        load_settings(Settings)
    assert "BEGIN" not in str(stop.value)


def test_two_files_of_a_ca_are_refused(ca: str) -> None:
    url = str(make_url(ADDRESS).update_query_dict({FILE: ca}))
    assert settings(url, database_ssl_ca=ca).sqlalchemy_url.query[FILE] == ca
    with pytest.raises(ValueError, match="DATABASE_SSL_CA and DATABASE_URL name different files"):
        settings(url, database_ssl_ca=f"{ca}.other")


def test_a_file_that_changes_is_read_again(ca: str) -> None:
    tls = Tls("verify-full", ca)
    assert tls.context() is tls.context()
    before = tls.context()
    Path(ca).write_text(CA + CA)
    assert tls.context() is not before
