"""Database URLs: each usual spelling becomes a URL for asyncmy."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError

from app.core.engine.hosts.parsing import cut_hosts, with_hosts
from app.core.engine.tls import MODES, Tls

# The dialect of this service replaces the one of SQLAlchemy.
registry.register("mysql.asyncmy", "app.core.engine.autocommit", "Dialect")

DRIVER = "mysql+asyncmy"
BACKENDS = frozenset({"mariadb", "mysql", "tidb"})
FORM = "mysql://USER:PASSWORD@HOST:PORT/NAME"
DEFAULT_PORT = 3306
# The mode of TLS, and the paths of its files.
TLS = ("ssl_mode", "ssl_ca", "ssl_cert", "ssl_key")
PARAMETERS = frozenset({*TLS, "connect_timeout", "host", "port", "unix_socket"})
# The names of a parameter in URLs for other clients.
OTHER_NAMES = {
    **dict.fromkeys(("ssl-mode", "sslmode", "sslMode", "tls"), "ssl_mode"),
    **dict.fromkeys(("ssl-ca", "sslrootcert", "sslca"), "ssl_ca"),
    **dict.fromkeys(("ssl-cert", "sslcert"), "ssl_cert"),
    **dict.fromkeys(("ssl-key", "sslkey"), "ssl_key"),
    **dict.fromkeys(("connect-timeout", "connection_timeout"), "connect_timeout"),
    **dict.fromkeys(("socket", "unix-socket"), "unix_socket"),
}
# The names of a mode in URLs for other clients.
OTHER_MODES = {
    **dict.fromkeys(("disabled", "false", "0"), "disable"),
    **dict.fromkeys(("required", "true", "1", "skip-verify"), "require"),
    "verify-identity": "verify-full",
}
# Parameters that ask for a mode, with their values.
MODES_OF: dict[str, dict[str, str | None]] = {
    "requireSSL": {"true": "require", "false": None},
    "ssl_check_hostname": {"true": "verify-full", "false": None},
    "ssl_verify_cert": {"true": "verify-ca", "false": None},
    "ssl_verify_identity": {"true": "verify-full", "false": None},
    "sslaccept": {"strict": "verify-full", "accept_invalid_certs": "require"},
    "useSSL": {"true": "require", "false": None},
    "verifyServerCertificate": {"true": "verify-ca", "false": None},
}
# `ssl_ca` with one of them, which must be false then, does not check the name of the host.
UNCHECKED = frozenset({"ssl_check_hostname", "ssl_verify_identity"})
# The service sets its own character set, time zone and SQL mode; the other ones are for drivers
# that need them, and pools of other clients.
IGNORED = frozenset(
    {"allowPublicKeyRetrieval", "characterEncoding", "charset", "collation", "connection_limit"}
    | {"parseTime", "pool_timeout", "reconnect", "serverTimezone", "socket_timeout", "useUnicode"}
)


def parse_url(text: str) -> URL:
    """Return the URL of a text such as `mysql://u:p@h:3306/shop`, for any driver's name.

    Raises:
        ValueError: with the accepted form, and without any secret of the text.
    """
    rest, hosts = cut_hosts(text.strip())
    try:
        url = make_url(rest)
    except (ArgumentError, ValueError):
        raise ValueError(f"it must have the form {FORM}") from None
    if url.get_backend_name() not in BACKENDS:
        raise ValueError(f"this service uses MySQL: it must have the form {FORM}")
    if "@" in (url.host or ""):
        raise ValueError("a user or password with @ must be percent-encoded: write %40 for @")
    if not url.database:
        raise ValueError(f"the database name is missing: it must have the form {FORM}")
    url = with_hosts(url, hosts, port=DEFAULT_PORT)
    return url.set(drivername=DRIVER, query=_accepted(dict(url.query)))


def _accepted(given: dict[str, Any]) -> dict[str, str]:
    """Return the parameters for the driver; see `driver_arguments`."""
    query: dict[str, str] = {}
    modes: set[str] = set()
    for name, value in given.items():
        known = OTHER_NAMES.get(name, name)
        if not isinstance(value, str) or known in query:
            raise ValueError(f"the parameter {name} is there twice")
        if name == "ssl":
            modes.add(_mode_of_json(value))
        elif known == "ssl_mode":
            modes.add(parse_mode(value))
        elif name in MODES_OF:
            modes |= _mode_of(name, value)
        elif known in PARAMETERS:
            query[known] = value
        elif name not in IGNORED:
            names = ", ".join(sorted(PARAMETERS))
            raise ValueError(f"the parameter {name} is unknown; accepted are {names}")
    if not query.get("connect_timeout", "1").isdecimal():
        raise ValueError("connect_timeout must be a number of seconds")
    if "unix_socket" in query and "host" in query:
        raise ValueError("hosts are in two places: write each socket as a host, as in %2Fpath,TWO")
    if "disable" in modes and len(modes) > 1:
        raise ValueError("one parameter disables TLS, and another one asks for it")
    if not modes and "ssl_ca" in query and UNCHECKED & given.keys():
        modes.add("verify-ca")
    return query | ({"ssl_mode": max(modes, key=MODES.index)} if modes else {})


def _mode_of(name: str, value: str) -> set[str]:
    accepted = MODES_OF[name]
    if value.lower() not in accepted:
        raise ValueError(f"{name}={value} is unknown; accepted are {', '.join(accepted)}")
    mode = accepted[value.lower()]
    return {mode} if mode else set()


def _mode_of_json(value: str) -> str:
    """Return the mode of `true`, or of an object such as `{"rejectUnauthorized":true}`."""
    try:
        options = json.loads(value)
    except ValueError:
        return parse_mode(value)
    if not isinstance(options, dict):
        return parse_mode(value)
    if unknown := options.keys() - {"rejectUnauthorized"}:
        raise ValueError(f"ssl has the unknown key {min(unknown)}: set DATABASE_SSL_CA and others")
    return "verify-full" if options.get("rejectUnauthorized", True) else "require"


def parse_mode(text: str) -> str:
    """Return the mode of TLS, such as verify-full.

    Raises:
        ValueError: with the accepted modes.
    """
    mode = text.lower().replace("_", "-")
    mode = OTHER_MODES.get(mode, mode)
    # The driver cannot try TLS first and connect without it if the server has none.
    accepted = [mode for mode in MODES if mode not in {"allow", "prefer"}]
    if mode not in accepted:
        raise ValueError(f"{text} is no mode of TLS; accepted are {', '.join(accepted)}")
    return mode


def driver_arguments(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `asyncmy.connect` for the parameters of a URL."""
    arguments = dict(parameters)
    # SQLAlchemy has put the files of TLS into a dictionary.
    files = arguments.pop("ssl", {})
    mode = arguments.pop("ssl_mode", None)
    tls = Tls(mode, files.get("ca"), files.get("cert"), files.get("key")).complete()
    if tls.mode not in {None, "disable"}:
        arguments["ssl"] = tls.context()
    arguments.pop("connect_timeout", None)
    return arguments


def build_url(
    *, host: str | None, port: int | None, user: str | None, password: str | None, name: str | None
) -> URL:
    """Return the URL of its parts, which may contain any character; commas separate hosts."""
    url = URL.create(DRIVER, username=user, password=password, database=name)
    if "," not in (host or ""):
        return url.set(host=host, port=port)
    return with_hosts(url, host or "", port=port or DEFAULT_PORT)
