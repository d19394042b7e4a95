"""Ports of servers that are started again on the same port, during a load."""

import random
import socket
from contextlib import closing
from pathlib import Path

# The system gives the ports above these to clients: one of them could have the port of a server
# that is not running at the moment.
FIRST, LAST = 20_000, 32_000
CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def server_port() -> int:
    """Return a port of loopback that is free, and that the system gives to no client."""
    last = min(LAST, int(CLIENTS.read_text().split()[0]) - 1) if CLIENTS.exists() else LAST
    while True:
        port = random.randint(min(FIRST, last // 2), last)  # noqa: S311
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
