"""Three servers of MariaDB with Galera on loopback, and faults of them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clusters import skip
from tests.clusters.mysql_node import PASSWORD, USER, Node, until
from tests.clusters.ports import server_port
from tests.servers import PATH
from tests.servers import USER as SYSTEM_USER

# Unpacked and not installed: other tests use the server on the PATH.
PACKAGES = ("mariadb-server-core", "mariadb-client-core", "mariadb-server", "galera-4", "rsync")
ACCOUNTS = f"""
CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON *.* TO {USER}@'%';
"""
# A small machine has three of them; nothing has to survive the loss of its power.
OPTIONS = (
    "--bind-address=127.0.0.1",
    "--max-connections=300",
    "--innodb-buffer-pool-size=48M",
    "--innodb-log-file-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-autoinc-lock-mode=2",
    "--binlog-format=ROW",
    "--wsrep-on=ON",
    "--wsrep-cluster-name=shop",
    "--wsrep-node-address=127.0.0.1",
    "--wsrep-sst-method=rsync",
)
# A silent server is left after two seconds instead of five.
TIMEOUTS = (
    "evs.keepalive_period=PT0.5S; evs.suspect_timeout=PT2S; evs.inactive_timeout=PT4S; "
    "gcache.size=32M"
)


class GaleraNode(Node):
    """One server of the cluster."""

    def __init__(self, number: int, folder: Path) -> None:
        super().__init__(number, folder)
        self.transfer_port, self.snapshot_port = server_port(), server_port()

    def status(self, name: str) -> str:
        """Return the value of a status variable without its prefix `wsrep_`."""
        return str(self.query(f"SHOW STATUS LIKE 'wsrep_{name}'", timeout=5)[0][1])

    def end_of_log(self) -> str:
        """Return the last lines of the server's log."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        return "\n".join(lines[-20:])

    def stop(self) -> None:
        """End the server in order."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)


class Galera:
    """The servers, of which the first one has started the cluster."""

    def __init__(self, folder: Path, root: Path, options: tuple[str, ...]) -> None:
        self._options = options
        self.nodes = [GaleraNode(number, folder) for number in (1, 2, 3)]
        self._root = root
        libraries = [*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")]
        self._environment = {
            "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
            "PATH": f"{root / 'usr/bin'}{os.pathsep}{PATH}",
        }

    def url(self, database: str) -> str:
        """Return the URL of a database with all three servers."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"mysql://{USER}:{PASSWORD}@{hosts}/{database}"

    def create(self) -> None:
        """Create the files of all servers, with the accounts of the service.

        The copies have the position of the first server, so that none needs all data to join.
        """
        first, *others = self.nodes
        install = [
            *(self._root / "usr/bin/mariadb-install-db", "--no-defaults"),
            *(f"--basedir={self._root / 'usr'}", f"--datadir={first.data}"),
            *("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"),
        ]
        subprocess.run(
            install, user=SYSTEM_USER, env=self._environment, check=True, capture_output=True
        )
        self.start(first, is_first=True)
        for statement in filter(str.strip, ACCOUNTS.split(";")):
            first.query(statement)
        first.stop()
        for node in others:
            shutil.copytree(first.data, node.data)
            if SYSTEM_USER is not None:
                for path in (node.data, *node.data.rglob("*")):
                    os.chown(path, pwd.getpwnam(SYSTEM_USER).pw_uid, -1)

    def start(self, node: GaleraNode, *, is_first: bool = False) -> None:
        """Start a server that is not running; it joins the others, except the first one."""
        others = ",".join(f"127.0.0.1:{other.group_port}" for other in self.nodes)
        provider = (
            f"base_port={node.group_port}; gmcast.listen_addr=tcp://127.0.0.1:{node.group_port}; "
            f"ist.recv_addr=127.0.0.1:{node.transfer_port}; {TIMEOUTS}"
        )
        own = {
            "basedir": self._root / "usr",
            "datadir": node.data,
            "port": node.port,
            "socket": node.folder / f"socket{node.number}",
            "pid-file": node.folder / f"pid{node.number}",
            "plugin-dir": self._root / "usr/lib/mysql/plugin",
            "server-id": node.number,
            "wsrep-provider": self._root / "usr/lib/galera/libgalera_smm.so",
            "wsrep-cluster-address": f"gcomm://{'' if is_first else others}",
            "wsrep-node-name": f"node{node.number}",
            "wsrep-sst-receive-address": f"127.0.0.1:{node.snapshot_port}",
            "wsrep-provider-options": provider,
        }
        position = self._position(node, own)
        command = [self._root / "usr/sbin/mariadbd", "--no-defaults", *OPTIONS, *position]
        command += [*(f"--{name}={value}" for name, value in own.items()), *self._options]
        with node.log.open("a") as log:
            node.process = subprocess.Popen(
                command,
                user=SYSTEM_USER,
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

        def is_ready() -> bool:
            assert node.process is not None
            assert node.process.poll() is None, node.end_of_log()
            return node.status("ready") == "ON"

        until(is_ready, f"node {node.number} is ready")

    def until_complete(self) -> None:
        """Wait until each server sees all three, and has their changes."""
        for node in self.nodes:
            until(
                lambda node=node: (
                    node.status("cluster_size") == "3"
                    and node.status("local_state_comment") == "Synced"
                ),
                f"node {node.number} sees all servers",
            )

    def stop(self) -> None:
        """End all servers."""
        for node in self.nodes:
            node.kill()

    def _position(self, node: GaleraNode, own: dict[str, object]) -> list[str]:
        """Return the option with the position of a server that did not end in order."""
        state = node.data / "grastate.dat"
        if not state.exists() or "seqno:   -1" not in state.read_text():
            return []
        command = [self._root / "usr/sbin/mariadbd", "--no-defaults", *OPTIONS, "--wsrep-recover"]
        command += [f"--{name}={value}" for name, value in own.items()]
        result = subprocess.run(
            command,
            user=SYSTEM_USER,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        found = [
            line.split() for line in result.stderr.splitlines() if "Recovered position" in line
        ]
        return [f"--wsrep-start-position={found[-1][-1]}"]


@contextmanager
def galera(*options: str) -> Iterator[Galera]:
    """Run three servers that are a cluster; skip the test where they cannot be unpacked.

    Args:
        options: further options of each server, such as `--wsrep-sync-wait=7`.
    """
    root = _unpacked()
    with tempfile.TemporaryDirectory(prefix="galera") as name:
        folder = Path(name)
        if SYSTEM_USER is not None:
            os.chown(folder, pwd.getpwnam(SYSTEM_USER).pw_uid, -1)
        servers = Galera(folder, root, options)
        try:
            servers.create()
            for node in servers.nodes:
                servers.start(node, is_first=node is servers.nodes[0])
            servers.until_complete()
            yield servers
        except BaseException:
            for node in servers.nodes:
                print(f"node {node.number}:", node.end_of_log(), sep="\n")
            raise
        finally:
            servers.stop()


def _unpacked() -> Path:
    """Return the folder with the programs; download and unpack the packages the first time."""
    # Not in a home directory: the servers run as another user.
    default = Path(tempfile.gettempdir(), f"galera-{os.geteuid()}")
    home = Path(os.environ.get("GALERA_HOME") or default)
    root = home / "root"
    if (root / "usr/sbin/mariadbd").exists():
        return root
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        skip("Galera is unpacked from Debian's packages, and there is no apt-get")
    shutil.rmtree(home, ignore_errors=True)
    archives, lists, parts = home / "archives", home / "lists", home / "parts"
    for folder in (archives / "partial", lists / "partial", parts):
        folder.mkdir(parents=True)
    # Nothing of the machine is changed, or needs another user.
    places = {
        "Dir::Cache::archives": archives,
        "Dir::State::lists": lists,
        "Dir::Cache::pkgcache": "",
    }
    places |= {"Debug::NoLocking": "1", "APT::Sandbox::User": "root"}
    apt = ["apt-get", "-qq", "-y", *(f"-o{name}={value}" for name, value in places.items())]
    # Without the scripts of the server, which need many more packages.
    needed = [name for name in PACKAGES if name != "mariadb-server"]
    install = ["--no-install-recommends", "--download-only", "--reinstall", "install"]
    commands = ([*apt, "update"], [*apt, *install, *needed], [*apt, "download", "mariadb-server"])
    for command in commands:
        result = subprocess.run(command, cwd=archives, capture_output=True, text=True, check=False)
        if result.returncode:
            skip(f"Galera cannot be downloaded: {result.stderr.strip()}")
    for package in archives.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, parts], check=True)
    parts.rename(root)
    for folder in (archives, lists):
        shutil.rmtree(folder)
    return root
