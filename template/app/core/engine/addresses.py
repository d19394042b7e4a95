"""The addresses of a database URL, which may have several hosts."""

from typing import NamedTuple

from sqlalchemy import URL


class Address(NamedTuple):
    """A host with its port; a host that begins with a slash is the folder of a Unix socket.

    Without a host, the driver uses its default.
    """

    host: str | None
    port: int | None = None

    def __str__(self) -> str:
        """Return the address as in a URL."""
        host = self.host or "the default host"
        host = f"[{host}]" if ":" in host else host
        return f"{host}:{self.port}" if self.port else host


class NoUsableHostError(ConnectionError):
    """None of the hosts can be used; the message has the reason of each one."""


def addresses(url: URL) -> list[Address]:
    """Return the addresses of a URL; none for the default of the driver.

    A URL with several hosts has them in its parameters, as `host=one,two&port=5432,5433`.
    """
    if url.host:
        return [Address(url.host, url.port)]
    hosts, ports = (str(url.query.get(name, "")).split(",") for name in ("host", "port"))
    if not any(hosts):
        return []
    return [
        Address(host, int(port) if port else None)
        for host, port in zip(hosts, ports if len(ports) > 1 else ports * len(hosts), strict=True)
    ]


def place(url: URL) -> str:
    """Return the addresses of a URL and the name of its database, without user and password."""
    if len(found := addresses(url)) < 2:
        shown = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
        return str(shown)
    return f"{url.drivername}://{','.join(map(str, found))}/{url.database}"
