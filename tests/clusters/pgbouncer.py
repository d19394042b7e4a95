"""PgBouncer in transaction mode in front of one server of a PostgreSQL cluster."""

import os
import pwd
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.clusters import program
from tests.clusters.ports import server_port
from tests.clusters.postgresql import USER, Node
from tests.clusters.processes import ended
from tests.servers import USER as SYSTEM_USER

# The default of `server_login_retry` is 15 s: so long all clients would wait after a restart.
CONFIGURATION = """
[databases]
{database} = host=127.0.0.1 port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
admin_users = {user}
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
server_login_retry = 1
server_connect_timeout = 2
"""


class PgBouncer:
    """A running PgBouncer, and the server that it uses."""

    def __init__(self, database: str, folder: Path, node: Node) -> None:
        self.port = server_port()
        self.file = folder / "pgbouncer.ini"
        self._database = database
        self._node = node

    @property
    def url(self) -> str:
        """The URL of the database for a service."""
        return f"postgresql://{USER}:any@127.0.0.1:{self.port}/{self._database}"

    def write(self) -> None:
        """Write the configuration."""
        self.file.write_text(
            CONFIGURATION.format(
                database=self._database, port=self._node.port, user=USER, own_port=self.port
            )
        )

    def command(self, command: str) -> None:
        """Run a command of the administration, such as `PAUSE`."""
        place = f"host=127.0.0.1 port={self.port} user={USER} dbname=pgbouncer"
        self._node.run("psql", "-Xqc", command, place)

    def use(self, node: Node) -> None:
        """Send all statements to another server from now on."""
        self._node = node
        self.write()
        self.command("RELOAD")
        self.command("RECONNECT")


@contextmanager
def pgbouncer(database: str, node: Node) -> Iterator[PgBouncer]:
    """Run a PgBouncer in front of a database of a server; skip the test where it is missing."""
    command = program("pgbouncer")
    with tempfile.TemporaryDirectory(prefix="pgbouncer") as name:
        folder = Path(name)
        folder.chmod(0o755)
        pooler = PgBouncer(database, folder, node)
        pooler.write()
        if SYSTEM_USER is not None:
            os.chown(folder, pwd.getpwnam(SYSTEM_USER).pw_uid, -1)
        process = subprocess.Popen(
            [command, "-q", pooler.file],
            user=SYSTEM_USER,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with ended(process):
            for _ in range(100):
                with suppress(AssertionError):
                    pooler.command("SHOW VERSION")
                    break
                assert process.poll() is None, f"PgBouncer ended with {process.returncode}"
                time.sleep(0.1)
            yield pooler
