"""Database URLs: each usual spelling becomes a URL for asyncpg."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr
from sqlalchemy import URL, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError

from app.core.engine.addresses import addresses
from app.core.engine.hosts.parsing import cut_hosts, with_hosts
from app.core.engine.tls import MODES, Tls

# The dialect of this service replaces the one of SQLAlchemy.
registry.register("postgresql.asyncpg", "app.core.engine.dialect", "Dialect")

DRIVER = "postgresql+asyncpg"
BACKENDS = frozenset({"cockroachdb", "postgres", "postgresql", "yugabytedb"})
FORM = "postgresql://USER:PASSWORD@HOST:PORT/NAME"
DEFAULT_PORT = 5432
# The mode of TLS, and the paths of its files.
TLS = ("ssl", "sslrootcert", "sslcert", "sslkey")
SERVER_SETTINGS = ("application_name", "options")
PARAMETERS = frozenset(
    {*TLS, *SERVER_SETTINGS, "connect_timeout", "host", "pgbouncer", "port", "sslnegotiation"}
    | {"load_balance_hosts", "target_session_attrs"}
)
# Other names of a mode, in URLs for other clients.
OTHER_MODES = {"true": "require", "1": "require", "no-verify": "require", "false": "disable"}
# Settings of this service, and time limits that the driver enforces, have the effect of these; the
# last ones are marks of providers.
IGNORED = frozenset(
    {"connection_limit", "pool_timeout", "socket_timeout"}
    | {"keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval"}
    | {"fallback_application_name", "tcp_user_timeout", "supa", "uselibpqcompat", "workaround"}
)
# Accepted values: they describe the behaviour of the driver. Others are refused.
NO_EFFECT = {
    "channel_binding": {"disable", "prefer", "require"},
    "client_encoding": {"auto", "unicode", "utf-8", "utf8"},
    "gssencmode": {"disable", "prefer"},
    "sslaccept": {"accept_invalid_certs", "strict"},
    "sslcertmode": {"allow"},
    "sslcompression": {"0"},
    "sslsni": {"1"},
    "ssl_min_protocol_version": {"tlsv1", "tlsv1.1", "tlsv1.2"},
}
VALUES = {
    "load_balance_hosts": {"disable", "random"},
    "sslnegotiation": {"direct", "postgres"},
    "target_session_attrs": {"any", "prefer-standby", "primary", "read-only", "read-write"}
    | {"standby"},
}
REFUSED = {
    "dbname": "write the name of the database behind the host",
    "hostaddr": "write the host before the name of the database",
    "passfile": "set DATABASE_PASSWORD_FILE",
    "password": "write it before the host, or set DATABASE_PASSWORD",
    "service": "write the host and the name of the database",
    "sslcrl": "lists of revoked certificates are not supported",
    "sslcrldir": "lists of revoked certificates are not supported",
    "sslpassword": "use a key without a password",
    "user": "write it before the host",
}
# The usual ports of poolers in transaction mode: PgBouncer, Supavisor, DigitalOcean.
POOLER_PORTS = frozenset({"6432", "6543", "25061"})


def parse_url(text: str) -> URL:
    """Return the URL of a text such as `postgres://u:p@h:5432/shop`, for any driver's name.

    Raises:
        ValueError: with the accepted form, and without any secret of the text.
    """
    rest, hosts = cut_hosts(text.strip())
    try:
        url = make_url(rest)
    except (ArgumentError, ValueError):
        raise ValueError(f"it must have the form {FORM}") from None
    if url.get_backend_name() not in BACKENDS:
        raise ValueError(f"this service uses PostgreSQL: it must have the form {FORM}")
    if "@" in (url.host or ""):
        raise ValueError("a user or password with @ must be percent-encoded: write %40 for @")
    if not url.database:
        raise ValueError(f"the database name is missing: it must have the form {FORM}")
    url = with_hosts(url, hosts, port=DEFAULT_PORT)
    return url.set(drivername=DRIVER, query=_accepted(dict(url.query)))


def _accepted(query: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters for the driver; see `driver_arguments`."""
    for name, value in query.items():
        if not isinstance(value, str):
            raise ValueError(f"the parameter {name} is there twice")
    mode = _mode(query.pop("sslmode", None), query.pop("ssl", None))
    # The driver has no channel binding. The check of the certificate protects from the same attack.
    if query.get("channel_binding") == "require" or query.get("sslaccept") == "strict":
        if mode == "disable":
            raise ValueError("channel_binding=require and sslmode=disable contradict each other")
        mode = "verify-full"
    for name, values in NO_EFFECT.items():
        if (value := query.pop(name, "").lower()) and value not in values:
            raise ValueError(f"{name}={value} is not supported; accepted are {_list(values)}")
    for name, values in VALUES.items():
        if (value := query.get(name)) and value not in values:
            raise ValueError(f"{name}={value} is unknown; accepted are {_list(values)}")
    if query.get("sslnegotiation") == "direct" and mode not in MODES[3:]:
        raise ValueError("sslnegotiation=direct needs sslmode=require or a stronger mode")
    if not query.get("connect_timeout", "0").isdecimal():
        raise ValueError("connect_timeout must be a number of seconds")
    if schema := query.pop("schema", None):
        query["options"] = f"{query.get('options', '')} -c search_path={schema}".strip()
    for name in query.keys() & REFUSED:
        raise ValueError(f"the parameter {name} is not accepted: {REFUSED[name]}")
    query = {name: value for name, value in query.items() if name not in IGNORED}
    if unknown := sorted(query.keys() - PARAMETERS):
        names = _list({"sslmode", *PARAMETERS} - {"ssl"})
        raise ValueError(f"the parameter {unknown[0]} is unknown; accepted are {names}")
    if "," in query.get("host", ""):
        # The first one that answers may be a standby, which refuses every change.
        query.setdefault("target_session_attrs", "read-write")
    return query | ({"ssl": mode} if mode else {})


def _mode(*texts: str | None) -> str | None:
    modes = {parse_mode(text) for text in texts if text}
    if len(modes) > 1:
        raise ValueError("sslmode and ssl contradict each other")
    return modes.pop() if modes else None


def parse_mode(text: str) -> str:
    """Return the mode of TLS, such as verify-full.

    Raises:
        ValueError: with the accepted modes.
    """
    mode = OTHER_MODES.get(text.lower(), text.lower().replace("_", "-"))
    if mode not in MODES:
        raise ValueError(f"{text} is no mode of TLS; accepted are {', '.join(MODES)}")
    return mode


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


def may_lead_to_pooler(values: Mapping[str, Any]) -> bool:
    """Return whether the values of settings look like those of a pooler in transaction mode."""
    url = values.get("database_url")
    try:
        parsed = parse_url(url.get_secret_value() if isinstance(url, SecretStr) else url or "")
    except ValueError:
        query: Mapping[str, Any] = {}
        hosts = [(values.get("database_host"), values.get("database_port"))]
    else:
        query, hosts = parsed.query, [*addresses(parsed)]
    return query.get("pgbouncer") == "true" or any(
        "-pooler." in str(host) or str(port) in POOLER_PORTS for host, port in hosts
    )


def driver_arguments(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `asyncpg.connect` for the parameters of a URL."""
    arguments = dict(parameters)
    tls = Tls(*(arguments.pop(name, None) for name in TLS)).complete()
    if tls.ca or tls.cert:
        arguments["ssl"] = tls.context()
        arguments["ssl"].set_alpn_protocols(["postgresql"])
    elif tls.mode:
        arguments["ssl"] = tls.mode
    if negotiation := arguments.pop("sslnegotiation", None):
        arguments["direct_tls"] = negotiation == "direct"
    settings = {name: arguments.pop(name) for name in SERVER_SETTINGS if name in arguments}
    if settings:
        arguments["server_settings"] = arguments.get("server_settings", {}) | settings
    for name in ("connect_timeout", "load_balance_hosts", "pgbouncer"):
        arguments.pop(name, None)
    return arguments


def build_url(
    *, host: str | None, port: int | None, user: str | None, password: str | None, name: str | None
) -> URL:
    """Return the URL of its parts, which may contain any character; commas separate hosts."""
    url = URL.create(DRIVER, username=user, password=password, database=name)
    if "," not in (host or ""):
        return url.set(host=host, port=port)
    url = with_hosts(url, host or "", port=port or DEFAULT_PORT)
    return url.set(query=_accepted(dict(url.query)))
