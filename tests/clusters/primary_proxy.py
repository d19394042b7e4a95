"""HAProxy in front of three servers of MySQL, configured as on the page of the service."""

import http.server
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import pymysql

from tests.clusters import program
from tests.clusters.group_replication import Group
from tests.clusters.mysql_node import PASSWORD, USER, Node
from tests.clusters.ports import server_port
from tests.clusters.processes import ended
from tests.live import Service

PAGE = "docs/recipes/several-servers.md"


class Agent(http.server.BaseHTTPRequestHandler):
    """The answer of the program on the machine of a server."""

    def __init__(self, node: Node, statements: str, *arguments: object) -> None:
        self._node = node
        self._statements = statements
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with 200 if the server is the primary."""
        try:
            with (
                self._node.connect(user="root", timeout=1) as connection,
                connection.cursor() as cursor,
            ):
                for statement in self._statements.split(";"):
                    cursor.execute(statement)
                ((answer,),) = cursor.fetchall()
        except pymysql.Error:
            answer = 0
        with suppress(ConnectionError):  # HAProxy waits for a second only
            self.send_response(200 if answer else 503)
            self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@contextmanager
def haproxy(service: Service, servers: Group, database: str) -> Iterator[str]:
    """Run HAProxy, and yield the URL of a database behind it."""
    command = program("haproxy")
    port = server_port()
    file = service.path.parent / "haproxy.cfg"
    with ExitStack() as agents:
        ports = [agents.enter_context(_agent(service, node)) for node in servers.nodes]
        block = _block(service, "haproxy").replace("bind :3306", f"bind 127.0.0.1:{port}")
        for number, (node, agent) in enumerate(zip(servers.nodes, ports, strict=True), 1):
            old, new = f"10.0.0.{number}:3306", f"127.0.0.1:{node.port} port {agent}"
            assert old in block
            block = block.replace(old, new)
        file.write_text(block)
        process = subprocess.Popen([command, "-db", "-f", str(file)], stderr=subprocess.DEVNULL)
        with ended(process):
            yield f"mysql://{USER}:{PASSWORD}@127.0.0.1:{port}/{database}"


@contextmanager
def _agent(service: Service, node: Node) -> Iterator[int]:
    handler = partial(Agent, node, _block(service, "sql"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _block(service: Service, language: str) -> str:
    page = Path(service.path, PAGE).read_text("utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.S)
    return str(block)
