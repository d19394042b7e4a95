"""Three servers of MySQL Group Replication on loopback, and faults of them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from tests.clusters import skip
from tests.clusters.mysql_node import PASSWORD, USER, Node, until
from tests.servers import PATH

NAME = "1e6f7a52-8d7c-4b3e-9c55-0c2f0f1f7a10"
ACCOUNTS = f"""
CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON `%`.* TO {USER}@'%';
CREATE USER recovery@'%' IDENTIFIED BY '{PASSWORD}';
GRANT REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO recovery@'%';
"""
# A small machine has three of them; data survives the end of a process, not that of the machine.
OPTIONS = (
    "--mysqlx=OFF",
    "--bind-address=127.0.0.1",
    "--log-error-verbosity=3",
    "--max-connections=300",
    "--innodb-buffer-pool-size=48M",
    "--innodb-redo-log-capacity=32M",
    "--innodb-doublewrite=OFF",
    "--innodb-flush-log-at-trx-commit=2",
    "--sync-binlog=0",
    "--plugin-load-add=group_replication.so",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
)
MEMBERS = """
SELECT member_port, member_state, member_role FROM performance_schema.replication_group_members
"""


class Group:
    """The servers, of which the first one has started the group."""

    def __init__(self, folder: Path, *, multi_primary: bool, options: tuple[str, ...]) -> None:
        self.nodes = [Node(number, folder) for number in (1, 2, 3)]
        self._multi_primary = multi_primary
        self._options = options

    def url(self, database: str) -> str:
        """Return the URL of a database with all three servers."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"mysql://{USER}:{PASSWORD}@{hosts}/{database}"

    def members(self, *, seen_by: Node) -> dict[Node, str]:
        """Return the state and role of each member, such as `ONLINE PRIMARY`."""
        nodes = {node.port: node for node in self.nodes}
        rows = seen_by.query(MEMBERS)
        return {nodes[port]: f"{state} {role}".strip() for port, state, role in rows if port}

    def primaries(self, *, seen_by: Node) -> list[Node]:
        """Return the members that accept writes, as a server sees them."""
        members = self.members(seen_by=seen_by)
        return [node for node, state in members.items() if state == "ONLINE PRIMARY"]

    def start(self, node: Node, *, is_first: bool = False, joins: bool = True) -> None:
        """Start a server that is not running; it joins the group by itself."""
        own = {
            "server-id": node.number,
            "datadir": node.data,
            "port": node.port,
            "socket": node.folder / f"socket{node.number}",
            "pid-file": node.folder / f"pid{node.number}",
            "report-host": "127.0.0.1",
            "report-port": node.port,
        }
        group = {
            "group-name": NAME,
            "local-address": f"127.0.0.1:{node.group_port}",
            "group-seeds": ",".join(f"127.0.0.1:{other.group_port}" for other in self.nodes),
            "ip-allowlist": "127.0.0.1/32",
            "start-on-boot": "ON" if joins else "OFF",
            "bootstrap-group": "ON" if is_first else "OFF",
            "recovery-get-public-key": "ON",
            "single-primary-mode": "OFF" if self._multi_primary else "ON",
            "enforce-update-everywhere-checks": "ON" if self._multi_primary else "OFF",
            # After this many seconds, and five before, a silent member is expelled.
            "member-expel-timeout": 0,
        }
        own |= {f"group-replication-{name}": value for name, value in group.items()}
        command = [*OPTIONS, *(f"--{name}={value}" for name, value in own.items()), *self._options]
        with node.log.open("a") as log:
            node.process = subprocess.Popen(
                [*_Program().command, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        until(lambda: node.query("SELECT 1"), f"node {node.number} answers")

    def until_online(self, *nodes: Node) -> None:
        """Wait until all servers, or some of them, are online in the view of each of these."""
        wanted = nodes or self.nodes
        for seer in wanted:
            until(
                lambda seer=seer: all(
                    self.members(seen_by=seer).get(node, "").startswith("ONLINE") for node in wanted
                ),
                f"node {seer.number} sees {[node.number for node in wanted]} online",
            )

    def switch(self, node: Node) -> None:
        """Make another server the primary, by a planned switch."""
        node.query(f"SELECT group_replication_set_as_primary('{self._uuid(node)}')")

    def stop(self) -> None:
        """End all servers."""
        for node in self.nodes:
            node.kill()

    def _uuid(self, node: Node) -> str:
        return str(node.query("SELECT @@server_uuid")[0][0])


@contextmanager
def group(*options: str, multi_primary: bool = False) -> Iterator[Group]:
    """Run three servers that are a group; skip the test where there is no server with the plugin.

    Args:
        options: further options of each server, such as `--group-replication-consistency=BEFORE`.
        multi_primary: accept writes on all servers, instead of on the first one.
    """
    program = _Program()
    with tempfile.TemporaryDirectory(prefix="group") as name:
        folder = Path(name)
        servers = Group(folder, multi_primary=multi_primary, options=options)
        first, *others = servers.nodes
        program.initialize(first.data, folder)
        for node in others:
            shutil.copytree(first.data, node.data)
        for node in servers.nodes:
            (node.data / "auto.cnf").unlink()
        try:
            recovery = "CHANGE REPLICATION SOURCE TO SOURCE_USER='recovery',"
            recovery += f" SOURCE_PASSWORD='{PASSWORD}' FOR CHANNEL 'group_replication_recovery'"
            for node in servers.nodes:
                servers.start(node, is_first=node is first, joins=False)
                node.query(recovery)
                node.query("START GROUP_REPLICATION")
                servers.until_online(node)
            servers.until_online()
            yield servers
        except BaseException:
            for node in servers.nodes:
                print(f"node {node.number}:", *node.complaints(), sep="\n")
            raise
        finally:
            servers.stop()


class _Program:
    """The server on the PATH, or the one that is unpacked in `REAL_MYSQL_HOME`."""

    def __init__(self) -> None:
        self._root = Path(os.environ.get("REAL_MYSQL_HOME") or Path.home() / ".cache/real-mysql")
        self._root /= "root"

    @cached_property
    def command(self) -> list[str]:
        """The command, with the places of its files."""
        user = f"--user={pwd.getpwuid(os.geteuid()).pw_name}"
        installed = shutil.which("mysqld", path=PATH)
        if installed is not None and _has_plugin(installed):
            return [installed, "--no-defaults", user]
        usr = self._root / "usr"
        if not (usr / "sbin/mysqld").exists():
            skip("no MySQL server with group_replication is on the PATH or in REAL_MYSQL_HOME")
        libraries = usr / "lib/x86_64-linux-gnu"
        return [
            str(usr / "lib64/ld-linux-x86-64.so.2"),
            "--library-path",
            f"{libraries}:{libraries / 'mysql/private'}",
            str(usr / "sbin/mysqld"),
            "--no-defaults",
            f"--lc-messages-dir={usr / 'share/mysql'}",
            f"--character-sets-dir={usr / 'share/mysql/charsets'}",
            f"--plugin-dir={usr / 'lib/mysql/plugin'}",
            "--secure-file-priv=",
            user,
        ]

    def initialize(self, data: Path, folder: Path) -> None:
        """Create the files of a server with the accounts of the service."""
        accounts = folder / "accounts.sql"
        accounts.write_text(ACCOUNTS)
        options = [f"--datadir={data}", f"--init-file={accounts}", "--disable-log-bin"]
        with (folder / "initialize.log").open("w") as log:
            subprocess.run(
                [*self.command, *options, "--initialize-insecure"], check=True, stderr=log
            )


def _has_plugin(server: str) -> bool:
    version = subprocess.check_output([server, "--version"], text=True)
    folders = [
        Path(server).parent.parent / name for name in ("lib/mysql/plugin", "lib64/mysql/plugin")
    ]
    return "MariaDB" not in version and any(
        (folder / "group_replication.so").exists() for folder in folders
    )
