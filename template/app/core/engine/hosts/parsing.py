"""Several hosts in the URL of a database, in the usual spellings."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from sqlalchemy import URL

from app.core.engine.addresses import Address

# Hosts that SQLAlchemy cannot parse: several hosts, and the folder of a socket.
HOSTS = re.compile(
    r"(?P<start>\w[\w+]*://(?:[^:/]*(?::[^@]*)?@)?)"
    r"(?P<hosts>[^/?@]*,[^/?@]*|%2[Ff][^/?@]*)(?P<rest>(?:[/?].*)?)",
    re.DOTALL,
)
ADDRESS = re.compile(r"(?:\[(?P<ipv6>[^\]]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>\d+))?")


def cut_hosts(text: str) -> tuple[str, str]:
    """Return a URL without its hosts, and the hosts; an empty text if there is one host."""
    match = HOSTS.fullmatch(text)
    return (match["start"] + match["rest"], match["hosts"]) if match else (text, "")


def with_hosts(url: URL, hosts: str, *, port: int) -> URL:
    """Return a URL whose hosts are where `addresses` looks for them.

    Args:
        url: a URL that may have the parameters `host` and `port`, once or several times.
        hosts: what `cut_hosts` has cut off.
        port: the port of hosts without one, if there are several.

    Raises:
        ValueError: when hosts and ports contradict each other.
    """
    query = dict(url.query)
    named = _parts(query.pop("host", ()))
    ports = _parts(query.pop("port", ()))
    if named and (hosts or url.host):
        raise ValueError(
            "hosts are in two places: write all of them before the name of the database, "
            "as in ONE:PORT,TWO:PORT"
        )
    if hosts:
        named = [unquote(text) for text in hosts.split(",")]
    if not named and not url.host:
        return url
    found = [_address(text) for text in named] or [Address(url.host, url.port)]
    if ports:
        found = _with_ports(found, ports)
    if len(found) == 1 and not str(found[0].host).startswith("/"):
        return url.set(host=found[0].host, port=found[0].port, query=query)
    query["host"] = ",".join(str(address.host) for address in found)
    if len(found) > 1:
        query["port"] = ",".join(str(address.port or port) for address in found)
    elif found[0].port:
        query["port"] = str(found[0].port)
    return url.set(query=query)


def _parts(value: str | Sequence[str]) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    return [part for text in texts for part in text.split(",")]


def _address(text: str) -> Address:
    if text.startswith("/") or (text.count(":") > 1 and "[" not in text):
        return Address(text)
    if match := ADDRESS.fullmatch(text):
        number = _number(match["port"]) if match["port"] else None
        return Address(match["ipv6"] or match["name"], number)
    raise ValueError(
        "a host or its port is not valid: write NAME, NAME:PORT, or [ADDRESS]:PORT for IPv6"
    )


def _with_ports(found: list[Address], ports: list[str]) -> list[Address]:
    if any(address.port for address in found):
        raise ValueError("ports are in two places: write them behind their hosts")
    if len(ports) not in {1, len(found)}:
        raise ValueError(
            f"hosts: {len(found)}, ports: {len(ports)}; write a port for each host or a single port"
        )
    numbers = [_number(text) for text in ports] * (len(found) if len(ports) == 1 else 1)
    return [Address(address.host, number) for address, number in zip(found, numbers, strict=True)]


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ValueError("a port must be a number from 1 to 65535")
    return int(text)
