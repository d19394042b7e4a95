"""nginx and HAProxy in front of two processes, configured as on the page of the service."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.live import Service
from tests.servers import children, free_port, program

# Seconds that the balancers need to notice a change of a server.
NOTICES = {"haproxy": 3, "nginx": 1}
NGINX = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{ access_log off; include {folder}/service.conf; }}
"""


class HAProxy:
    """HAProxy, which asks the readiness of each process."""

    def __init__(self, port: int) -> None:
        self.port = port

    def before_stop(self, process: int) -> None:
        """Do nothing: the readiness of the process fails before it stops."""

    def after_start(self, process: int) -> None:
        """Wait until a check has seen the process on a port."""
        time.sleep(NOTICES["haproxy"])


class Nginx:
    """nginx, which a deployment tells what to use.

    Args:
        port: the port that it listens on.
        pid: the id of its process.
        file: the file with the configuration of the page.
    """

    def __init__(self, port: int, pid: int, file: Path) -> None:
        self.port = port
        self._pid = pid
        self._file = file
        self._text = file.read_text()

    def before_stop(self, process: int) -> None:
        """Send no more requests to the process on a port."""
        self._use(self._text.replace(f":{process};", f":{process} down;"))

    def after_start(self, process: int) -> None:
        """Use all processes again."""
        self._use(self._text)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let nginx do nothing in the block; what arrives meanwhile waits."""
        workers = children(self._pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        yield
        for worker in workers:
            os.kill(worker, signal.SIGCONT)

    def _use(self, text: str) -> None:
        self._file.write_text(text)
        os.kill(self._pid, signal.SIGHUP)
        time.sleep(NOTICES["nginx"])


@contextmanager
def haproxy(service: Service, ports: Sequence[int], folder: Path) -> Iterator[HAProxy]:
    """Run HAProxy in front of the processes on two ports."""
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(_configuration(service, "haproxy", ports, port))
    with _running(program("haproxy"), "-db", "-f", str(file)):
        until_answer(port, "/health/live")
        yield HAProxy(port)


@contextmanager
def nginx(service: Service, ports: Sequence[int], folder: Path) -> Iterator[Nginx]:
    """Run nginx in front of the processes on two ports."""
    port = free_port()
    file = folder / "service.conf"
    file.write_text(_configuration(service, "nginx", ports, port))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    with _running(program("nginx"), "-c", str(folder / "nginx.conf")) as process:
        until_answer(port, "/health/live")
        yield Nginx(port, process.pid, file)


def until_answer(port: int, path: str) -> None:
    """Wait until a path answers with a status below 400."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except (HTTPError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nothing answers on port {port}")


def _configuration(service: Service, language: str, ports: Sequence[int], port: int) -> str:
    """Return the block of the page, with the ports of a test."""
    page = (service.path / "docs/recipes/load-balancer.md").read_text("utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.S)
    first, second = ports
    for old, new in (
        ("10.0.0.1:8000", f"127.0.0.1:{first}"),
        ("10.0.0.2:8000", f"127.0.0.1:{second}"),
        ("bind :80", f"bind 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{port}"),
        # A second attempt would hide that a server ended before the check noticed it.
        ("option redispatch", "retries 0"),
    ):
        block = block.replace(old, new)
    return block


@contextmanager
def _running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)
